import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { Deflater } from '../../src/node/deflate.js';
import { Outbox, type SendCallback } from '../../src/node/outbox.js';
import { slab } from '../../src/node/slab.js';
import { FIN, OPCODE } from '../../src/protocol/opcode.js';
import { frame, hex } from '../support.js';

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

function make(options: { masked?: boolean; deflate?: boolean } = {}) {
  const peer = new Peer();
  const told: string[] = [];
  const owner = {
    backlog: (bytes: number) => void told.push(`backlog ${bytes}`),
    drained: () => void told.push('drained'),
  };
  const deflater = options.deflate ? new Deflater(15, true, { threshold: 0 }) : undefined;
  return {
    peer,
    told,
    outbox: new Outbox(peer, options.masked ? () => 0x01020304 : undefined, owner, deflater),
  };
}

test('the frames of one turn are one write', async () => {
  const { outbox, peer } = make();
  outbox.frame(TEXT, 'a');
  outbox.frame(BINARY, Buffer.of(1));
  expect(peer.writes).toEqual([]);
  expect(outbox.idle).toBe(false);
  await turn();
  expect(peer.writes).toHaveLength(1);
  expect(peer.content).toBe(hex(frame(TEXT, 'a')) + hex(frame(BINARY, Buffer.of(1))));
  expect(outbox.idle).toBe(true);
});

test('frames of several connections that mix within a turn come out right', async () => {
  const one = make();
  const other = make({ masked: true });
  let expectedOne = '';
  let expectedOther = '';
  for (let count = 0; count < 50; count++) {
    const text = 'x'.repeat(count * 7);
    one.outbox.frame(TEXT, text);
    other.outbox.frame(TEXT, text);
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
      const { outbox, peer } = make({ masked });
      const payload = Buffer.alloc(length, 'xyz');
      outbox.frame(TEXT, 'before');
      outbox.frame(BINARY, payload);
      outbox.frame(TEXT, payload.toString());
      await turn();
      const key = masked ? 0x01020304 : -1;
      const expected = [frame(TEXT, 'before', key), frame(BINARY, payload, key), frame(TEXT, payload, key)];
      expect(peer.content === hex(Buffer.concat(expected))).toBe(true);
      expect(payload.equals(Buffer.alloc(length, 'xyz'))).toBe(true);
    }
  },
);

test('small payloads may be changed once they were given', async () => {
  const { outbox, peer } = make();
  const payload = Buffer.of(1);
  outbox.frame(BINARY, payload);
  payload[0] = 2;
  outbox.frame(BINARY, payload);
  await turn();
  expect(peer.content).toBe('820101820102');
});

test('memory that a stream still holds is not written over', async () => {
  const { outbox, peer } = make();
  peer.hold = true;
  outbox.frame(TEXT, 'first');
  await turn();
  const held = peer.writes.length;
  for (let count = 0; count < 200; count++) {
    outbox.frame(BINARY, Buffer.alloc(2000, count));
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
  const { outbox, peer } = make();
  const told: number[] = [];
  const note =
    (id: number): SendCallback =>
    () =>
      void told.push(id);
  outbox.frame(TEXT, 'a', note(1));
  outbox.frame(BINARY, Buffer.alloc(100_000), note(2));
  outbox.frame(TEXT, 'b', note(3));
  await turn();
  await turn();
  expect(told).toEqual([1, 2, 3]);
  peer.destroy();
  const error = await new Promise<Error | null | undefined>((resolve) => outbox.frame(TEXT, 'c', resolve));
  expect(error).toBeInstanceOf(Error);
});

test('it tells of a backlog, counts it, and tells when it is over', async () => {
  const { outbox, peer, told } = make();
  peer.hold = true;
  outbox.frame(BINARY, Buffer.alloc(1000));
  await turn();
  expect(outbox.bufferedAmount).toBe(1004);
  expect(outbox.backlogged).toBe(true);
  peer.letGo();
  await turn();
  expect(told).toEqual(['backlog 1004', 'drained']);
  expect(outbox.bufferedAmount).toBe(0);
});

test('corked, nothing is scheduled, and uncorked it is written at once', () => {
  const { outbox, peer } = make();
  outbox.cork(true);
  for (let count = 0; count < 10; count++) outbox.frame(BINARY, Buffer.alloc(5000, count));
  outbox.cork(false);
  const expected = Array.from({ length: 10 }, (_, count) => frame(BINARY, Buffer.alloc(5000, count)));
  expect(peer.content === hex(Buffer.concat(expected))).toBe(true);
});

test('what a corked one has queued is not written over by others who fill the memory', async () => {
  slab.replace();
  const one = make();
  const other = make();
  // A socket lets go of what it has taken; so that memory is used again.
  Object.assign(other.outbox, { plain: true });
  one.outbox.cork(true);
  one.outbox.frame(TEXT, 'first');
  const frames: Uint8Array[] = [];
  for (let count = 0; count < 30; count++) {
    const payload = Buffer.alloc(20_000, count + 1);
    other.outbox.frame(BINARY, payload);
    frames.push(frame(BINARY, payload));
  }
  one.outbox.frame(TEXT, 'second');
  one.outbox.cork(false);
  await turn();
  expect(one.peer.content).toBe(hex(frame(TEXT, 'first')) + hex(frame(TEXT, 'second')));
  expect(other.peer.content === hex(Buffer.concat(frames))).toBe(true);
});

test('what comes too late for the stream is told so, and does not break what is being written', async () => {
  const { outbox, peer } = make();
  const errors: unknown[] = [];
  peer.on('error', (error) => errors.push(error));
  peer.hold = true;
  outbox.frame(TEXT, 'first');
  await turn();
  outbox.frame(TEXT, 'second');
  await turn();
  peer.end();
  const told = new Promise<Error | null | undefined>((resolve) => outbox.frame(TEXT, 'late', resolve));
  outbox.frame(BINARY, Buffer.alloc(50_000));
  expect((await told)?.message).toBe('The connection was closed before it was sent');
  peer.letGo();
  await turn();
  await turn();
  expect(errors).toEqual([]);
  expect(peer.content).toBe(hex(frame(TEXT, 'first')) + hex(frame(TEXT, 'second')));
});

test('what is sent behind a message that is not ready waits for it', async () => {
  const { outbox, peer } = make();
  let ready = (): void => {};
  const told: string[] = [];
  outbox.frame(TEXT, 'a');
  outbox.later(10, undefined, (done) => {
    ready = () => {
      outbox.put(TEXT, 'b');
      done();
    };
  });
  outbox.frame(TEXT, 'c', () => told.push('c'));
  outbox.append(frame(TEXT, 'd'));
  await turn();
  expect(peer.content).toBe(hex(frame(TEXT, 'a')));
  expect(outbox.bufferedAmount).toBe(10 + 1 + 3);
  expect(outbox.waits).toBe(true);
  ready();
  await turn();
  expect(peer.content).toBe(hex(Buffer.concat(['a', 'b', 'c', 'd'].map((text) => frame(TEXT, text)))));
  expect(told).toEqual(['c']);
});

test('what waits is dropped with an error', async () => {
  const { outbox, peer } = make();
  const told: string[] = [];
  outbox.later(
    10,
    (error) => told.push(`first ${error?.message}`),
    () => {},
  );
  outbox.frame(TEXT, 'c', (error) => told.push(`second ${error?.message}`));
  outbox.dropWaiting(new Error('gone'));
  await turn();
  expect(told).toEqual(['first gone', 'second gone']);
  expect(peer.writes).toEqual([]);
});

test('compressed messages keep their order, whether done at once or elsewhere', async () => {
  const { outbox, peer } = make({ deflate: true });
  const large = Buffer.alloc(100_000, 'large ');
  await new Promise<void>((resolve) => {
    outbox.compressed(TEXT, 'small '.repeat(10));
    outbox.compressed(BINARY, large);
    outbox.compressed(TEXT, 'after '.repeat(10));
    outbox.frame(TEXT, 'last', () => resolve());
  });
  const content = Buffer.concat(peer.writes);
  expect(content[0]).toBe(TEXT | 0x40);
  expect(content.includes(Buffer.from(frame(TEXT, 'last')), content.length - 6)).toBe(true);
  expect(content.length).toBeLessThan(2000);
});
