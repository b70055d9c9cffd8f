import { expect, test } from 'vitest';
import { BLOCK_BYTES, FrameMemory } from '../../src/node/frame-memory.js';

test('it begins anew unless a stream still refers to it', () => {
  const memory = new FrameMemory();
  memory.block.used = 100;
  memory.rewind();
  expect(memory.block.used).toBe(0);
  memory.block.used = 100;
  memory.block.pins++;
  memory.rewind();
  expect(memory.block.used).toBe(100);
  const before = memory.block;
  memory.replace();
  expect(memory.block).not.toBe(before);
  expect(memory.block.used).toBe(0);
});

test('it tells what fits', () => {
  const memory = new FrameMemory();
  memory.block.used = 10;
  expect(memory.fits(BLOCK_BYTES - 10)).toBe(true);
  expect(memory.fits(BLOCK_BYTES - 9)).toBe(false);
});
