import { expect, test } from 'vitest';
import { SLAB_BYTES, slab } from '../../src/node/slab.js';
import {
  countCorked,
  flushAtTurnEnd,
  flushTurn,
  nextSequence,
  reserve,
  rewindWhenIdle,
} from '../../src/node/turn.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what asked is flushed once, at the end of the turn, in the order of asking', async () => {
  const told: string[] = [];
  flushAtTurnEnd({ flush: () => void told.push('a') });
  flushAtTurnEnd({ flush: () => void told.push('b') });
  await Promise.resolve();
  expect(told).toEqual([]);
  await turn();
  expect(told).toEqual(['a', 'b']);
  await turn();
  expect(told).toHaveLength(2);
});

test('what asks while others are flushed is flushed in the same go', () => {
  const told: string[] = [];
  flushAtTurnEnd({
    flush() {
      told.push('a');
      flushAtTurnEnd({ flush: () => void told.push('b') });
    },
  });
  flushTurn();
  expect(told).toEqual(['a', 'b']);
});

test('sequence numbers grow', () => {
  const first = nextSequence();
  expect(nextSequence()).toBeGreaterThan(first);
});

test('when there is no room, what waits is written to make some', () => {
  slab.replace();
  slab.used = SLAB_BYTES - 1;
  let flushed = 0;
  flushAtTurnEnd({ flush: () => void flushed++ });
  reserve(1);
  expect(flushed).toBe(0);
  reserve(2);
  expect(flushed).toBe(1);
  expect(slab.used).toBe(0);
});

test('the slab is not begun anew while someone waits to be written', () => {
  slab.replace();
  slab.used = 5;
  flushAtTurnEnd({ flush: () => {} });
  rewindWhenIdle();
  expect(slab.used).toBe(5);
  flushTurn();
  expect(slab.used).toBe(0);
});

test('nor while someone has frames in it without waiting', () => {
  slab.replace();
  slab.used = 5;
  countCorked(true);
  flushTurn();
  expect(slab.used).toBe(5);
  countCorked(false);
  rewindWhenIdle();
  expect(slab.used).toBe(0);
});
