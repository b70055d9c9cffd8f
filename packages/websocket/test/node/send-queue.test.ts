import { Duplex } from 'node:stream';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Deflater } from '../../src/node/deflater.js';
import { type QueueOwner, SendQueue } from '../../src/node/send-queue.js';
import { Turn } from '../../src/node/turn.js';
import { headerLength } from '../../src/protocol/frame-header.js';
import type { FrameWritten as SendCallback } from '../../src/protocol/frame-output.js';
import { FIN, OPCODE } from '../../src/protocol/opcode.js';
import { frame, hex } from '../support.js';
import { digits, surfaced } from './harness.js';

const TEXT = FIN | OPCODE.text;
const BINARY = FIN | OPCODE.binary;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream that writes down what it is given, and lets go of it only when told. */
class Peer extends Duplex {
  readonly writes: Buffer[] = [];
  hold = false;
  private release: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    if (chunk.length > 0) this.writes.push(Buffer.from(chunk));
    if (this.hold) this.release = callback;
    else callback();
  }

  override _read(): void {}

  letGo(): void {
    this.hold = false;
    this.release?.();
  }

  get content(): string {
    return hex(Buffer.concat(this.writes));
  }
}

function make(options: { masked?: boolean; deflate?: boolean; turn?: Turn } = {}) {
  const peer = new Peer();
  const told: string[] = [];
  const owner = {
    backlog: (bytes: number) => void told.push(`backlog ${bytes}`),
    drained: () => void told.push('drained'),
    sendFailed: (error: Error) => void told.push(`failed ${error.message}`),
  } as unknown as QueueOwner;
  const deflater = options.deflate ? new Deflater(15, true, { threshold: 0 }) : undefined;
  const key = options.masked ? () => 0x01020304 : undefined;
  const turn = options.turn ?? new Turn();
  return { peer, told, queue: new SendQueue(peer, turn, key, owner, deflater) };
}

test('the frames of one turn are one write', async () => {
  const { queue, peer } = make();
  queue.data(TEXT, 'a', false);
  queue.data(BINARY, Buffer.of(1), false);
  expect(peer.writes).toEqual([]);
  expect(queue.idle).toBe(false);
  await turn();
  expect(peer.writes).toHaveLength(1);
  expect(peer.content).toBe(hex(frame(TEXT, 'a')) + hex(frame(BINARY, Buffer.of(1))));
  expect(queue.idle).toBe(true);
});

test('frames of several connections that mix within a turn come out right', async () => {
  const one = make();
  const other = make({ masked: true });
  let expectedOne = '';
  let expectedOther = '';
  for (let count = 0; count < 50; count++) {
    const text = 'x'.repeat(count * 7);
    one.queue.data(TEXT, text, false);
    other.queue.data(TEXT, text, false);
    expectedOne += hex(frame(TEXT, text));
    expectedOther += hex(frame(TEXT, text, 0x01020304));
  }
  await turn();
  expect(one.peer.content).toBe(expectedOne);
  expect(other.peer.content).toBe(expectedOther);
});

test.each([0, 125, 126, 32_768, 32_769, 65_536, 300_000])(
  'a payload of %i bytes, masked and not',
  async (length) => {
    for (const masked of [false, true]) {
      const { queue, peer } = make({ masked });
      const payload = Buffer.alloc(length, 'xyz');
      queue.data(TEXT, 'before', false);
      queue.data(BINARY, payload, false);
      queue.data(TEXT, payload.toString(), false);
      await turn();
      const key = masked ? 0x01020304 : -1;
      const expected = [frame(TEXT, 'before', key), frame(BINARY, payload, key), frame(TEXT, payload, key)];
      expect(peer.content === hex(Buffer.concat(expected))).toBe(true);
      expect(payload.equals(Buffer.alloc(length, 'xyz'))).toBe(true);
    }
  },
);

test('small payloads may be changed once they were given', async () => {
  const { queue, peer } = make();
  const payload = Buffer.of(1);
  queue.data(BINARY, payload, false);
  payload[0] = 2;
  queue.data(BINARY, payload, false);
  await turn();
  expect(peer.content).toBe('820101820102');
});

test('memory that a stream still holds is not written over', async () => {
  const { queue, peer } = make();
  peer.hold = true;
  queue.data(TEXT, 'first', false);
  await turn();
  const held = peer.writes.length;
  for (let count = 0; count < 200; count++) {
    queue.data(BINARY, Buffer.alloc(2000, count), false);
    await turn();
  }
  expect(peer.writes).toHaveLength(held);
  peer.letGo();
  await turn();
  const expected = [frame(TEXT, 'first')];
  for (let count = 0; count < 200; count++) expected.push(frame(BINARY, Buffer.alloc(2000, count)));
  expect(peer.content === hex(Buffer.concat(expected))).toBe(true);
});

test('callbacks are called in order, once the stream has written', async () => {
  const { queue, peer } = make();
  const told: number[] = [];
  const note =
    (id: number): SendCallback =>
    () =>
      void told.push(id);
  queue.data(TEXT, 'a', false, note(1));
  queue.data(BINARY, Buffer.alloc(100_000), false, note(2));
  queue.data(TEXT, 'b', false, note(3));
  await turn();
  await turn();
  expect(told).toEqual([1, 2, 3]);
  peer.destroy();
  const error = await new Promise<Error | null | undefined>((resolve) =>
    queue.data(TEXT, 'c', false, resolve),
  );
  expect(error).toBeInstanceOf(Error);
});

test('it tells of a backlog, counts it, and tells when it is over', async () => {
  const { queue, peer, told } = make();
  peer.hold = true;
  queue.data(BINARY, Buffer.alloc(1000), false);
  await turn();
  await turn();
  await turn();
  expect(queue.bufferedAmount).toBe(1004);
  expect(queue.backlogged).toBe(true);
  peer.letGo();
  await turn();
  expect(told).toEqual(['backlog 1004', 'drained']);
  expect(queue.bufferedAmount).toBe(0);
});

test('corked, nothing is scheduled, and uncorked it is written at once', () => {
  const { queue, peer } = make();
  queue.cork(true);
  for (let count = 0; count < 10; count++) queue.data(BINARY, Buffer.alloc(5000, count), false);
  queue.cork(false);
  const expected = Array.from({ length: 10 }, (_, count) => frame(BINARY, Buffer.alloc(5000, count)));
  expect(peer.content === hex(Buffer.concat(expected))).toBe(true);
});

test('what a corked one has queued is not written over by others who fill the memory', async () => {
  const shared = new Turn();
  const one = make({ turn: shared });
  const other = make({ turn: shared });
  one.queue.cork(true);
  one.queue.data(TEXT, 'first', false);
  const frames: Uint8Array[] = [];
  for (let count = 0; count < 30; count++) {
    const payload = Buffer.alloc(20_000, count + 1);
    other.queue.data(BINARY, payload, false);
    frames.push(frame(BINARY, payload));
  }
  one.queue.data(TEXT, 'second', false);
  one.queue.cork(false);
  await turn();
  expect(one.peer.content).toBe(hex(frame(TEXT, 'first')) + hex(frame(TEXT, 'second')));
  expect(other.peer.content === hex(Buffer.concat(frames))).toBe(true);
});

test('what comes too late for the stream is told so, and does not break what is being written', async () => {
  const { queue, peer } = make();
  const errors: unknown[] = [];
  peer.on('error', (error) => errors.push(error));
  peer.hold = true;
  queue.data(TEXT, 'first', false);
  await turn();
  queue.data(TEXT, 'second', false);
  await turn();
  peer.end();
  const told = new Promise<Error | null | undefined>((resolve) => queue.data(TEXT, 'late', false, resolve));
  queue.data(BINARY, Buffer.alloc(50_000), false);
  expect((await told)?.message).toBe('The connection was closed before it was sent');
  peer.letGo();
  await turn();
  await turn();
  expect(errors).toEqual([]);
  expect(peer.content).toBe(hex(frame(TEXT, 'first')) + hex(frame(TEXT, 'second')));
});

test('what is sent behind a message that is not ready waits for it', async () => {
  const { queue, peer } = make();
  let ready = (): void => {};
  const told: string[] = [];
  queue.data(TEXT, 'a', false);
  queue.later(10, undefined, (done) => {
    ready = () => {
      queue.put(TEXT, 'b');
      done();
    };
  });
  queue.data(TEXT, 'c', false, () => told.push('c'));
  queue.enqueueShared(frame(TEXT, 'd'), undefined, false);
  await turn();
  expect(peer.content).toBe(hex(frame(TEXT, 'a')));
  expect(queue.bufferedAmount).toBe(10 + 1 + 3);
  expect(queue.waits).toBe(true);
  ready();
  await turn();
  expect(peer.content).toBe(hex(Buffer.concat(['a', 'b', 'c', 'd'].map((text) => frame(TEXT, text)))));
  expect(told).toEqual(['c']);
});

test('what waits is dropped with an error', async () => {
  const { queue, peer } = make();
  const told: string[] = [];
  queue.later(
    10,
    (error) => told.push(`first ${error?.message}`),
    () => {},
  );
  queue.data(TEXT, 'c', false, (error) => told.push(`second ${error?.message}`));
  queue.dropDeferred(new Error('gone'));
  await turn();
  expect(told).toEqual(['first gone', 'second gone']);
  expect(peer.writes).toEqual([]);
});

test('compressed messages keep their order, whether done at once or elsewhere', async () => {
  const { queue, peer } = make({ deflate: true });
  const large = Buffer.alloc(100_000, 'large ');
  await new Promise<void>((resolve) => {
    queue.data(TEXT, 'small '.repeat(10), true);
    queue.data(BINARY, large, true);
    queue.data(TEXT, 'after '.repeat(10), true);
    queue.data(TEXT, 'last', false, () => resolve());
  });
  const content = Buffer.concat(peer.writes);
  expect(content[0]).toBe(TEXT | 0x40);
  expect(content.includes(Buffer.from(frame(TEXT, 'last')), content.length - 6)).toBe(true);
  expect(content.length).toBeLessThan(2000);
});

test('what is compressed elsewhere may be changed once it was given', async () => {
  const { queue, peer } = make({ deflate: true });
  const message = digits(20_000);
  const expected = hex(message);
  const sent = new Promise<void>((resolve) => queue.data(BINARY, message, true, () => resolve()));
  message.fill(0);
  await sent;
  const content = Buffer.concat(peer.writes);
  const payload = content.subarray(headerLength(content.length - 4, false));
  expect(hex(inflateRawSync(payload, { finishFlush: 2 }))).toBe(expected);
});

test('what a backlogged stream has to keep may be changed once it was given', async () => {
  const { queue, peer } = make();
  peer.hold = true;
  queue.data(TEXT, 'first', false);
  await turn();
  const large = Buffer.alloc(50_000, 'x');
  queue.data(BINARY, large, false);
  large.fill(0);
  peer.letGo();
  await turn();
  expect(peer.content).toBe(hex(frame(TEXT, 'first')) + hex(frame(BINARY, Buffer.alloc(50_000, 'x'))));
});

test('a callback that throws harms no other, and surfaces by itself', async () => {
  const exceptions = surfaced();
  const { queue } = make();
  const told: string[] = [];
  queue.data(TEXT, 'a', false, () => {
    throw new Error('in a callback');
  });
  queue.data(TEXT, 'b', false, () => told.push('b'));
  await turn();
  await turn();
  await turn();
  expect([told, exceptions()]).toEqual([['b'], ['in a callback']]);
});

test('what groups send does not stand among the fragments of a message', async () => {
  const { queue, peer } = make();
  queue.data(OPCODE.text, 'a', false);
  queue.enqueueShared(frame(TEXT, 'group'), undefined, false);
  expect(queue.idle).toBe(false);
  expect(queue.bufferedAmount).toBe(3 + 7);
  await turn();
  queue.data(FIN | OPCODE.continuation, 'b', false);
  await turn();
  expect(peer.content).toBe(hex(Buffer.concat([frame(0x01, 'a'), frame(0x80, 'b'), frame(TEXT, 'group')])));
});

test('frames of a group that are not compressed let the compressor keep its window', async () => {
  const { queue, peer } = make({ deflate: true });
  const sizes: number[] = [];
  for (let round = 0; round < 3; round++) {
    peer.writes.length = 0;
    queue.data(TEXT, 'a message that is repeated, as messages are', true);
    await turn();
    sizes.push(Buffer.concat(peer.writes).length);
    queue.enqueueShared(frame(TEXT, 'group'), undefined, false);
    await turn();
  }
  expect(sizes[1]).toBeLessThan(sizes[0]! / 2);
  queue.enqueueShared(frame(TEXT, 'group'), undefined, true);
  await turn();
  peer.writes.length = 0;
  queue.data(TEXT, 'a message that is repeated, as messages are', true);
  await turn();
  expect(Buffer.concat(peer.writes).length).toBe(sizes[0]);
});

test('memory that was written to a stream which takes its time is used again when it has', async () => {
  const shared = new Turn();
  const { queue } = make({ turn: shared });
  for (let count = 0; count < 100; count++) {
    queue.data(BINARY, Buffer.alloc(10_000), false);
    await turn();
    await turn();
    expect(shared.memory.block.used).toBeLessThan(30_000);
  }
});
