import { beforeEach, expect, test } from 'vitest';
import { openEnvelope } from '../../src/broker/messages.js';
import { Outgoing } from '../../src/broker/outgoing.js';
import { FakeClock } from '../support/clock.js';

let clock: FakeClock;
let sent: { readonly to: string | undefined; readonly sessions: readonly string[] }[];
let failures: unknown[];
let arrive: (() => void)[];
let fail: boolean;

beforeEach(() => {
  clock = new FakeClock();
  [sent, failures, arrive, fail] = [[], [], [], false];
});

/** @param waits whether sending takes until `arrive` is called */
function open(waits = false): Outgoing {
  return new Outgoing({
    node: 'n1',
    clock,
    coalesce: 5,
    failed: (error) => failures.push(error),
    send: async (letters) => {
      for (const { envelope, to } of letters) {
        const { messages } = openEnvelope(envelope)!;
        const sessions = messages.map(({ payload }) => ('session' in payload ? payload.session : undefined));
        sent.push({ to, sessions: sessions.map(String) });
      }
      if (fail) throw new Error('cut');
      if (waits) await new Promise<void>((resolve) => arrive.push(resolve));
    },
  });
}

const turn = async (): Promise<void> => {
  for (let count = 0; count < 10; count++) await Promise.resolve();
};

test('messages of a few milliseconds travel together, by whom they are for', async () => {
  const outgoing = open();
  outgoing.add('supersede', { session: '1' }, undefined);
  clock.advance(4);
  outgoing.add('supersede', { session: '2' }, 'n2');
  outgoing.add('supersede', { session: '3' }, undefined);
  expect(sent).toEqual([]);
  clock.advance(1);
  await turn();
  expect(sent).toEqual([
    { to: undefined, sessions: ['1', '3'] },
    { to: 'n2', sessions: ['2'] },
  ]);
  expect(clock.timers).toBe(0);
});

test('while the network takes its time, what comes waits and then travels together', async () => {
  const outgoing = open(true);
  outgoing.add('supersede', { session: '1' }, undefined);
  clock.advance(5);
  for (const session of ['2', '3', '4']) {
    outgoing.add('supersede', { session }, undefined);
    clock.advance(100);
  }
  expect(sent).toHaveLength(1);
  arrive.shift()!();
  await turn();
  clock.advance(5);
  expect(sent.slice(1)).toEqual([{ to: undefined, sessions: ['2', '3', '4'] }]);
});

test('what cannot be sent is lost, and told once until sending works again', async () => {
  const outgoing = open();
  const say = async (session: string, fails: boolean): Promise<void> => {
    fail = fails;
    outgoing.add('supersede', { session }, undefined);
    clock.advance(5);
    await turn();
  };
  await say('1', true);
  await say('2', true);
  expect(failures).toEqual([new Error('cut')]);
  await say('3', false);
  await say('4', true);
  expect(failures).toEqual([new Error('cut'), new Error('cut')]);
  expect(sent.map(({ sessions }) => sessions)).toEqual([['1'], ['2'], ['3'], ['4']]);
});

test('what is too large is told, and what would pile up is lost', async () => {
  const outgoing = open(true);
  outgoing.add('supersede', { session: 'a'.repeat(8000) }, undefined);
  expect(failures).toEqual([expect.any(RangeError)]);
  outgoing.add('supersede', { session: 'first' }, undefined);
  clock.advance(5);
  for (let count = 0; count < 2000; count++) {
    outgoing.add('supersede', { session: `${count}-`.padEnd(5000, 'a') }, undefined);
  }
  arrive.shift()!();
  await turn();
  clock.advance(5);
  const total = sent.slice(1).flatMap(({ sessions }) => sessions);
  expect(total.length).toBeGreaterThan(500);
  expect(total.length).toBeLessThan(1000);
  expect(total[0]).toMatch(/^0-/);
});

test('a flush sends at once, after what is under way', async () => {
  const outgoing = open(true);
  outgoing.add('supersede', { session: '1' }, undefined);
  clock.advance(5);
  outgoing.add('supersede', { session: '2' }, undefined);
  const flushed = outgoing.flush();
  await turn();
  expect(sent).toHaveLength(1);
  arrive.shift()!();
  await turn();
  expect(sent.map(({ sessions }) => sessions)).toEqual([['1'], ['2']]);
  arrive.shift()!();
  await flushed;
});
