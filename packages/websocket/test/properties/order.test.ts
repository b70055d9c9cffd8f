/**
 * Whatever mixes a connection's own messages with those of groups, small with large, compressed with plain, and turns
 * of the loop with none: each connection hears exactly what was sent to it, in the order of the calls.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BroadcastGroup, WebSocket, WebSocketServer } from '../../src/index.js';
import { often } from './arbitraries.js';

const PEOPLE = 4;
const GROUPS = 3;

interface Person {
  readonly near: WebSocket;
  readonly far: WebSocket;
  heard: string[];
}

/** Two of the four compress, each with a context of its own. */
const open = async (server: WebSocketServer, compresses: boolean): Promise<Person> => {
  const { port } = server.address() as AddressInfo;
  const arrival = once(server, 'connection') as Promise<[WebSocket]>;
  const far = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: compresses });
  const heard: string[] = [];
  const person = { far, heard };
  const [[near]] = await Promise.all([arrival, once(far, 'open')]);
  far.on('message', (data) => person.heard.push(String(data)));
  return Object.assign(person, { near });
};

type Step =
  | { readonly do: 'own'; readonly who: number; readonly size: number }
  | { readonly do: 'group'; readonly which: number; readonly size: number }
  | { readonly do: 'join' | 'leave'; readonly who: number; readonly which: number }
  | { readonly do: 'ping'; readonly who: number }
  | { readonly do: 'tick' | 'turn' };

const who = fc.nat(PEOPLE - 1);
const which = fc.nat(GROUPS - 1);
// Most are small; some are beyond what is compressed at once, and some beyond what is joined into one write.
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(100) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 40_000, max: 300_000 }) },
);

/** Who is in which group at the start: 3 and 4 have no common divisor, so that every pair has a place. */
const membership = fc.array(fc.boolean(), { minLength: GROUPS * PEOPLE, maxLength: GROUPS * PEOPLE });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('own' as const), who, size }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('group' as const), which, size }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leave' as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ping' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('tick' as const, 'turn' as const) }) },
);

describe.each([
  ['without compression', false],
  ['with compression', true],
] as const)('%s', (_, perMessageDeflate) => {
  let server: WebSocketServer;
  let people: Person[];

  beforeAll(async () => {
    server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: perMessageDeflate && { threshold: 0 },
    });
    await once(server, 'listening');
    people = [];
    for (let i = 0; i < PEOPLE; i++) people.push(await open(server, perMessageDeflate && i % 2 === 0));
  });

  afterAll(() => {
    for (const { far } of people) far.terminate();
    server.close();
  });

  test('each hears what was sent to it, in order', { timeout: 120_000 }, async () => {
    let serial = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), membership, async (steps, belongs) => {
        const groups = Array.from(
          { length: GROUPS },
          () => new BroadcastGroup({ maxBackpressure: 2 ** 30, compress: perMessageDeflate }),
        );
        for (const [index, isMember] of belongs.entries()) {
          if (isMember) groups[index % GROUPS]!.add(people[index % PEOPLE]!.near);
        }
        const due = people.map((): string[] => []);
        for (const person of people) person.heard = [];
        const message = (length: number): string => `${serial++} `.padEnd(length, 'abcdefg ');
        for (const one of steps) {
          if (one.do === 'own') {
            const text = message(one.size);
            due[one.who]!.push(text);
            people[one.who]!.near.send(text);
          } else if (one.do === 'group') {
            const text = message(one.size);
            people.forEach(({ near }, index) => {
              if (groups[one.which]!.has(near)) due[index]!.push(text);
            });
            groups[one.which]!.send(text);
          } else if (one.do === 'join') groups[one.which]!.add(people[one.who]!.near);
          else if (one.do === 'leave') groups[one.which]!.delete(people[one.who]!.near);
          else if (one.do === 'ping') people[one.who]!.near.ping();
          else
            await new Promise<void>((resolve) =>
              one.do === 'tick' ? process.nextTick(resolve) : setImmediate(resolve),
            );
        }
        const ends = people.map(async ({ near, far }, index) => {
          due[index]!.push('the end');
          near.send('the end');
          while (people[index]!.heard.at(-1) !== 'the end') await once(far, 'message');
        });
        await Promise.all(ends);
        for (const group of groups) for (const { near } of people) group.delete(near);
        people.forEach(({ heard }, index) => {
          expect(heard.map((text) => text.slice(0, 20))).toEqual(
            due[index]!.map((text) => text.slice(0, 20)),
          );
          expect(heard.every((text, at) => text === due[index]![at])).toBe(true);
        });
      }),
      often(80),
    );
  });
});
