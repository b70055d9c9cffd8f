import { expect, test } from 'vitest';
import { BLOCK_BYTES } from '../../src/node/frame-memory.js';
import { Turn } from '../../src/node/turn.js';
import { surfaced } from './harness.js';

const ends = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what asked is flushed once, at the end of the turn, in the order of asking', async () => {
  const turn = new Turn();
  const told: string[] = [];
  turn.flushAtEnd({ flush: () => void told.push('a') });
  turn.flushAtEnd({ flush: () => void told.push('b') });
  await Promise.resolve();
  expect(told).toEqual([]);
  await ends();
  expect(told).toEqual(['a', 'b']);
  await ends();
  expect(told).toHaveLength(2);
});

test('what asks while others are flushed is flushed in the same go', () => {
  const turn = new Turn();
  const told: string[] = [];
  turn.flushAtEnd({
    flush() {
      told.push('a');
      turn.flushAtEnd({ flush: () => void told.push('b') });
    },
  });
  turn.flush();
  expect(told).toEqual(['a', 'b']);
});

test('one that throws harms none of the others', async () => {
  const turn = new Turn();
  const told: string[] = [];
  const exceptions = surfaced();
  turn.flushAtEnd({
    flush() {
      throw new Error('broken stream');
    },
  });
  turn.flushAtEnd({ flush: () => void told.push('b') });
  turn.flush();
  expect(told).toEqual(['b']);
  await ends();
  expect(exceptions()).toEqual(['broken stream']);
});

test('when there is no room, what waits is written to make some', () => {
  const turn = new Turn();
  turn.memory.block.used = BLOCK_BYTES - 1;
  let flushed = 0;
  turn.flushAtEnd({ flush: () => void flushed++ });
  turn.reserve(1);
  expect(flushed).toBe(0);
  turn.reserve(2);
  expect(flushed).toBe(1);
  expect(turn.memory.block.used).toBe(0);
});

test('the memory is not begun anew while someone waits to be written', () => {
  const turn = new Turn();
  turn.memory.block.used = 5;
  turn.flushAtEnd({ flush: () => {} });
  turn.rewindWhenIdle();
  expect(turn.memory.block.used).toBe(5);
  turn.flush();
  expect(turn.memory.block.used).toBe(0);
});

test('nor while someone has frames in it without waiting', () => {
  const turn = new Turn();
  turn.memory.block.used = 5;
  turn.countCorked(true);
  turn.flush();
  expect(turn.memory.block.used).toBe(5);
  turn.countCorked(false);
  turn.rewindWhenIdle();
  expect(turn.memory.block.used).toBe(0);
});

test('what is looked at later is looked at after what a stream does at once', async () => {
  const turn = new Turn();
  let looked = 0;
  turn.lookLater(() => void looked++);
  turn.lookLater(() => void looked++);
  await ends();
  expect(looked).toBe(0);
  await ends();
  expect(looked).toBe(2);
});
