import { expect, test } from 'vitest';
import { PartialMessage, StreamedMessage } from '../../src/protocol/message-assembler.js';
import { isUtf8 } from '../../src/protocol/utf8.js';
import { bytes, hex } from '../support.js';

const allocate = (size: number): Uint8Array => new Uint8Array(size);

test('pieces are put together in order', () => {
  const message = new PartialMessage(true, false, allocate, undefined);
  for (let at = 0; at < 100; at++) expect(message.append(Uint8Array.of(at), 0, false)).toBe(true);
  expect(message.length).toBe(100);
  expect(hex(message.take())).toBe(hex(new Uint8Array(100).map((_, at) => at)));
});

test('a length that is only announced takes no memory', () => {
  const message = new PartialMessage(true, false, allocate, undefined);
  message.append(new Uint8Array(10), 1_000_000_000, false);
  expect(message.held).toBeLessThanOrEqual(64);
  message.append(new Uint8Array(90), 1_000_000_000, false);
  expect(message.held).toBeLessThanOrEqual(400);
});

test('many tiny fragments take no more than four times their bytes', () => {
  const message = new PartialMessage(true, false, allocate, undefined);
  for (let count = 1; count <= 5000; count++) {
    message.append(Uint8Array.of(1), 0, false);
    expect(message.held).toBeLessThanOrEqual(Math.max(64, 4 * count));
  }
});

test('a message whose length was announced and comes is put into one piece of memory', () => {
  let allocated = 0;
  const counting = (size: number): Uint8Array => {
    allocated++;
    return new Uint8Array(size);
  };
  const message = new PartialMessage(true, false, counting, undefined);
  message.append(new Uint8Array(65_522), 200_000 - 65_522, true);
  message.append(new Uint8Array(65_536), 200_000 - 65_522 - 65_536, true);
  message.append(new Uint8Array(68_942), 0, true);
  expect(message.take().length).toBe(200_000);
  expect(allocated).toBe(1);
});

test('text is checked as it comes', () => {
  const message = new PartialMessage(false, false, allocate, isUtf8);
  expect(message.append(bytes('61e282'), 0, false)).toBe(true);
  expect(message.endsWell).toBe(false);
  expect(message.append(bytes('ac'), 0, false)).toBe(true);
  expect(message.endsWell).toBe(true);
  expect(message.append(bytes('ff'), 0, false)).toBe(false);
});

test('a streamed message passes its pieces on and holds none', () => {
  const told: string[] = [];
  const message = new StreamedMessage({ piece: (piece) => told.push(hex(piece)), end: () => {} }, isUtf8);
  expect(message.take(bytes('61'))).toBe(true);
  expect(message.take(bytes(''))).toBe(true);
  expect(message.take(bytes('e2'))).toBe(true);
  expect(message.endsWell).toBe(false);
  expect(message.take(bytes('ff'))).toBe(false);
  expect(told).toEqual(['61', 'e2']);
  expect(message.length).toBe(2);
});

test('fragments that reads cut are not copied again for each of them', () => {
  let copied = 0;
  const counting = (size: number): Uint8Array => {
    copied += size;
    return new Uint8Array(size);
  };
  const message = new PartialMessage(true, false, counting, undefined);
  const fragment = 65_536;
  for (let count = 0; count < 100; count++) {
    message.append(new Uint8Array(fragment - 500), 500, false);
    message.append(new Uint8Array(500), 0, false);
  }
  expect(message.length).toBe(100 * fragment);
  expect(message.held).toBeLessThanOrEqual(4 * message.length + 64);
  expect(message.take().length).toBe(100 * fragment);
  expect(copied).toBeLessThan(2 * 100 * fragment);
});

test('large pieces and small ones come out in their order', () => {
  const message = new PartialMessage(true, false, allocate, undefined);
  const all: Uint8Array[] = [];
  for (let count = 0; count < 40; count++) {
    const size = [5000, 10, 70_000, 0, 4096, 300][count % 6]!;
    const piece = Uint8Array.from({ length: size }, (_, at) => (at * 7 + count) & 0xff);
    all.push(piece);
    // Some lie in memory that holds much else.
    const from = count % 4 === 0 ? new Uint8Array(500_000) : new Uint8Array(size);
    from.set(piece);
    message.append(from.subarray(0, size), count % 3 === 0 ? 100 : 0, count === 39);
  }
  expect(Buffer.from(message.take()).equals(Buffer.concat(all))).toBe(true);
});
