import { isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { expect, test } from 'vitest';
import { isUtf8, Utf8Validator } from '../../src/protocol/utf8.js';
import { bytes } from '../support.js';

const VALID = [
  '',
  '61',
  'c2a2',
  'e282ac',
  'f0908d88',
  'f48fbfbf',
  'ed9fbf',
  'ee8080',
  'cebae1bdb9cf83cebcceb5',
  'efbfbf',
];
/** Each with the index of the first byte that cannot be right. */
const INVALID: [string, number][] = [
  ['80', 0],
  ['c080', 0],
  ['c1bf', 0],
  ['e09fbf', 1],
  ['eda080', 1],
  ['f08fbfbf', 1],
  ['f4908080', 1],
  ['f5808080', 0],
  ['ff', 0],
  ['61c261', 2],
  ['cebae1bdb9cf83cebcceb5eda080656469746564', 12],
];

test.each(VALID)('%s is valid, cut anywhere', (content) => {
  expect(isUtf8(bytes(content))).toBe(true);
  for (let cut = 0; cut <= bytes(content).length; cut++) {
    const validator = new Utf8Validator();
    expect(validator.push(bytes(content).subarray(0, cut))).toBe(true);
    expect(validator.push(bytes(content).subarray(cut))).toBe(true);
    expect(validator.complete).toBe(true);
  }
});

test.each(INVALID)('%s is seen to be wrong at byte %i', (content, first) => {
  expect(isUtf8(bytes(content))).toBe(false);
  for (const check of [isUtf8, nodeIsUtf8]) {
    const validator = new Utf8Validator(check);
    const fails = Array.from(bytes(content)).findIndex((octet) => !validator.push(Uint8Array.of(octet)));
    expect(fails).toBe(first);
    expect(new Utf8Validator(check).push(bytes(content).subarray(0, first))).toBe(true);
    expect(new Utf8Validator(check).push(bytes(content).subarray(0, first + 1))).toBe(false);
  }
});

test('a text that ends within a sequence is not complete', () => {
  const validator = new Utf8Validator();
  expect(validator.push(bytes('61e282'))).toBe(true);
  expect(validator.complete).toBe(false);
  expect(isUtf8(bytes('61e282'))).toBe(false);
});
