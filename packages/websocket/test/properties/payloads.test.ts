/**
 * Whatever kind of payload is mixed with whatever other, compressed or not, and however the application's code behaves
 * meanwhile (it writes over what it has sent, its callbacks and listeners throw): what is heard is what was sent, in the
 * order of the calls; every callback is called once; and each exception surfaces once, by itself.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BroadcastGroup, WebSocket, WebSocketServer } from '../../src/index.js';
import { surfaced } from '../node/harness.js';
import { often } from './arbitraries.js';
import { remembered } from './corpus.js';

const KINDS = ['string', 'buffer', 'blob', 'stream', 'fragments', 'group'] as const;

interface Send {
  readonly do: (typeof KINDS)[number];
  readonly size: number;
  /** Its callback throws. */
  readonly throws: boolean;
  /** How many turns a stream takes between its pieces, or fragments between theirs. */
  readonly pauses: number;
}

type Step = Send | { readonly do: 'turn' } | { readonly do: 'ping' };

const send: fc.Arbitrary<Send> = fc.record({
  do: fc.constantFrom(...KINDS),
  size: fc.oneof(
    { weight: 5, arbitrary: fc.nat(60) },
    { weight: 2, arbitrary: fc.integer({ min: 1000, max: 40_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 70_000, max: 200_000 }) },
  ),
  throws: fc.boolean(),
  pauses: fc.nat(2),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: send },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'turn' }, { do: 'ping' }) },
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each([
  ['without compression', false],
  ['with compression', true],
] as const)('%s', (_, perMessageDeflate) => {
  let server: WebSocketServer;
  let near: WebSocket;
  let far: WebSocket;
  let heard: string[];
  let listenerThrows = false;
  let thrown = 0;

  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
    await once(server, 'listening');
    const arrival = once(server, 'connection') as Promise<[WebSocket]>;
    far = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [[near]] = (await Promise.all([arrival, once(far, 'open')])) as [[WebSocket], unknown];
    far.on('message', (data) => {
      heard.push(data.toString('latin1'));
      if (!listenerThrows) return;
      thrown++;
      throw new Error('in a listener');
    });
  });

  afterAll(() => {
    far.terminate();
    server.close();
  });

  test('what is heard is what was sent', { timeout: 120_000 }, async () => {
    const exceptions = surfaced();
    let serial = 0;
    const run = async (steps: readonly Step[], throwing: boolean): Promise<void> => {
      heard = [];
      listenerThrows = throwing;
      const due: string[] = [];
      const before = exceptions().length;
      thrown = 0;
      let awaited = 0;
      let called = 0;
      const group = new BroadcastGroup({ compress: perMessageDeflate, maxBackpressure: 2 ** 30 }).add(near);
      const callback = (throws: boolean) => {
        awaited++;
        return (error?: Error | null): void => {
          called++;
          if (error) throw error;
          if (!throws) return;
          thrown++;
          throw new Error('in a callback');
        };
      };
      const text = (size: number): string => `${serial++} `.padEnd(size, 'abcdefg ');
      const streams: Promise<void>[] = [];
      for (const one of steps) {
        if (one.do === 'turn') {
          await turn();
          continue;
        }
        if (one.do === 'ping') {
          near.ping();
          continue;
        }
        const content = text(one.size);
        const memory = Buffer.from(content);
        switch (one.do) {
          case 'string':
            near.send(content, callback(one.throws));
            break;
          case 'buffer':
            near.send(memory, callback(one.throws));
            // More than 32 KiB is the stream's until it is written.
            if (memory.length <= 32_768) memory.fill(0);
            break;
          case 'blob':
            near.send(new Blob([memory]), callback(one.throws));
            memory.fill(0);
            break;
          case 'stream': {
            const pieces = [content.slice(0, 5), content.slice(5, 9), content.slice(9)];
            const source = async function* () {
              for (const piece of pieces) {
                for (let count = 0; count < one.pauses; count++) await turn();
                yield piece;
              }
            };
            streams.push(near.sendStream(source(), { binary: false }));
            break;
          }
          case 'fragments': {
            near.send(content.slice(0, 3), { fin: false });
            const shared = text(20);
            group.send(shared);
            for (let count = 0; count < one.pauses; count++) await turn();
            near.send(new Blob([content.slice(3, 6)]), { fin: false });
            near.send(content.slice(6), callback(one.throws));
            due.push(content, shared);
            continue;
          }
          case 'group':
            group.send(memory);
            memory.fill(0);
        }
        due.push(content);
      }
      due.push('the end');
      near.send('the end', callback(false));
      await Promise.all(streams);
      while (heard.at(-1) !== 'the end' || called < awaited) await turn();
      group.delete(near);
      while (exceptions().length < before + thrown) await turn();
      expect(heard.map((one) => one.slice(0, 20))).toEqual(due.map((one) => one.slice(0, 20)));
      expect(heard.every((one, at) => one === due[at])).toBe(true);
      expect([called, exceptions().length - before]).toEqual([awaited, thrown]);
      expect(near.bufferedAmount).toBe(0);
    };
    for (const { steps, throwing } of remembered<{ steps: Step[]; throwing: boolean }>('payloads'))
      await run(steps, throwing);
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), run), often(60));
  });
});
