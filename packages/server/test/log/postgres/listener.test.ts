import { expect, test } from 'vitest';
import type { Connection } from '../../../src/log/postgres/connection.js';
import { Listener } from '../../../src/log/postgres/listener.js';
import { FakeClock } from '../../support/clock.js';

function subject() {
  const clock = new FakeClock();
  const queries: string[] = [];
  let reachable = true;
  const connection = {
    onLost: undefined as (() => void) | undefined,
    onNotification: undefined as ((channel: string, payload: string) => void) | undefined,
    async query(text: string) {
      if (!reachable) throw new Error('refused');
      queries.push(text);
      return { rows: [], warned: false };
    },
  };
  const listener = new Listener({
    connect: () => connection as unknown as Connection,
    after: (ms, callback) => clock.after(ms, callback),
  });
  const turn = (): Promise<void> => new Promise(setImmediate);
  return {
    listener,
    queries,
    turn,
    notify: (channel: string, payload: string) => connection.onNotification?.(channel, payload),
    lose: () => connection.onLost?.(),
    setReachable: (it: boolean) => {
      reachable = it;
    },
    pass: async (ms: number) => {
      clock.advance(ms);
      await turn();
    },
    clock,
  };
}

function hearer() {
  const heard: string[] = [];
  let begun = 0;
  return {
    heard,
    notified: (payload: string) => void heard.push(payload),
    began: () => void begun++,
    get begun() {
      return begun;
    },
  };
}

test('listens once to what several want to hear, and tells each', async () => {
  const it = subject();
  const [one, two, other] = [hearer(), hearer(), hearer()];
  it.listener.listen('commit', one);
  it.listener.listen('other "name"', other);
  await it.turn();
  it.listener.listen('commit', two);
  await it.turn();
  expect(it.queries).toEqual(['SELECT 1', 'LISTEN "commit"', 'LISTEN "other ""name"""']);
  expect([one.begun, two.begun, other.begun]).toEqual([1, 1, 1]);
  it.notify('commit', 'a');
  expect([one.heard, two.heard, other.heard]).toEqual([['a'], ['a'], []]);
});

test('listens no longer once nobody wants to', async () => {
  const it = subject();
  const [one, two] = [hearer(), hearer()];
  const ends = [it.listener.listen('commit', one), it.listener.listen('commit', two)];
  await it.turn();
  ends[0]!();
  await it.turn();
  expect(it.queries).not.toContain('UNLISTEN "commit"');
  ends[1]!();
  await it.turn();
  expect(it.queries.at(-1)).toBe('UNLISTEN "commit"');
  expect(it.clock.timers).toBe(0);
});

test('listens anew when the connection was lost, and says so', async () => {
  const it = subject();
  const one = hearer();
  it.listener.listen('commit', one);
  await it.turn();
  it.setReachable(false);
  it.lose();
  await it.turn();
  await it.pass(50);
  expect(one.begun).toBe(1);
  it.setReachable(true);
  await it.pass(50);
  expect(one.begun).toBe(2);
  expect(it.queries.filter((text) => text.startsWith('LISTEN'))).toHaveLength(2);
});

test('looks every ten seconds whether the connection is alive', async () => {
  const it = subject();
  it.listener.listen('commit', hearer());
  await it.turn();
  await it.pass(9_999);
  expect(it.queries).toHaveLength(2);
  await it.pass(1);
  expect(it.queries.slice(2)).toEqual(['SELECT 1']);
});

test('does nothing after the end', async () => {
  const it = subject();
  it.listener.listen('commit', hearer());
  await it.turn();
  it.listener.close();
  it.lose();
  await it.pass(60_000);
  expect(it.queries).toHaveLength(2);
});
