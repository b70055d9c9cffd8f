import { expect, test } from 'vitest';
import { FrameBuffer } from '../../src/protocol/frame-output.js';
import { frame, hex } from '../support.js';

test('frames come out encoded, in order, and once', () => {
  const output = new FrameBuffer();
  const told: string[] = [];
  output.data(0x81, 'a€', false, () => told.push('a'));
  output.control(0x89, Uint8Array.of(1));
  output.close(0x88, new Uint8Array(0), () => told.push('close'));
  expect(told).toEqual([]);
  expect(output.dataToSend().map(hex)).toEqual([
    hex(frame(0x81, 'a€')),
    hex(frame(0x89, Uint8Array.of(1))),
    '8800',
  ]);
  expect(told).toEqual(['a', 'close']);
  expect(output.dataToSend()).toEqual([]);
});

test('a client masks, and leaves what it was given as it was', () => {
  const output = new FrameBuffer(() => 0x01020304);
  const payload = Uint8Array.of(1, 2, 3);
  output.data(0x82, payload, false);
  expect(output.dataToSend().map(hex)).toEqual([hex(frame(0x82, payload, 0x01020304))]);
  expect(payload).toEqual(Uint8Array.of(1, 2, 3));
});
