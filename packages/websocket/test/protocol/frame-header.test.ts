import { expect, test } from 'vitest';
import {
  headerLength,
  headerLengthOf,
  MAX_HEADER_BYTES,
  readKey,
  readPayloadLength,
  writeHeader,
} from '../../src/protocol/frame-header.js';
import { bytes, hex } from '../support.js';

const VECTORS: [number, number, string][] = [
  [0, -1, '8100'],
  [125, -1, '817d'],
  [126, -1, '817e007e'],
  [65535, -1, '817effff'],
  [65536, -1, '817f0000000000010000'],
  [2 ** 53 - 1, -1, '817f001fffffffffffff'],
  [5, 0x3d21fa37, '818537fa213d'],
  [300, 0xffffffff, '81fe012cffffffff'],
];

test.each(VECTORS)('a payload of %i bytes with key %i', (length, key, expected) => {
  const target = new Uint8Array(MAX_HEADER_BYTES);
  const end = writeHeader(target, 0, 0x81, length, key);
  expect(hex(target.subarray(0, end))).toBe(expected);
  expect(headerLength(length, key >= 0)).toBe(end);
  expect(headerLengthOf(target[1]!)).toBe(end);
  expect(readPayloadLength(target, 0)).toBe(length);
  if (key >= 0) expect(readKey(target, end - 4) >>> 0).toBe(key);
});

test.each(['817f0020000000000000', '817f8000000000000000', '817fffffffffffffffff'])(
  '%s announces more than a number holds',
  (header) => {
    expect(readPayloadLength(bytes(header), 0)).toBe(-1);
  },
);
