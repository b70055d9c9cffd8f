import { describe, expect, test } from 'vitest';
import { epochAt, isForked, newBranch } from '../../src/log/epochs.js';

const epochs = [
  { name: 'first', first: 1 },
  { name: 'second', first: 11 },
  { name: 'third', first: 16 },
];

describe('epochAt', () => {
  test.each([
    [0, 'first'],
    [1, 'first'],
    [10, 'first'],
    [11, 'second'],
    [15, 'second'],
    [16, 'third'],
    [1_000_000, 'third'],
  ])('the id %i is of the %s', (id, name) => {
    expect(epochAt(epochs, id)).toBe(name);
  });

  test('of two that begin with the same id the later one counts', () => {
    const same = [...epochs, { name: 'fourth', first: 16 }];
    expect(epochAt(same, 16)).toBe('fourth');
    expect(
      epochAt(
        [
          { name: 'lost', first: 1 },
          { name: 'kept', first: 1 },
        ],
        0,
      ),
    ).toBe('kept');
  });
});

describe('isForked', () => {
  test.each([
    ['first', 0, false],
    ['first', 10, false],
    // Ten commits were lost and fifteen written: the place lies on the branch that was lost.
    ['first', 11, true],
    ['first', 20, true],
    ['second', 15, false],
    ['second', 16, true],
    ['third', 16, false],
    ['third', 1_000_000, false],
    ['none', 0, true],
    ['none', 5, true],
  ])('of the %s epoch a place at %i: %s', (epoch, id, forked) => {
    expect(isForked(epochs, epoch, id)).toBe(forked);
  });
});

describe('newBranch', () => {
  const [first, second, third] = epochs as [(typeof epochs)[0], (typeof epochs)[0], (typeof epochs)[0]];
  const other = { name: 'other', first: 9 };

  test.each([
    ['nothing is new', [first, second], [first, second], undefined],
    ['one has begun', [first, second], [first, second, third], 16],
    ['several have begun', [first], [first, second, third], 11],
    ['one has not been heard of again', [first, second, third], [first, second], undefined],
    // The commit that began the second was lost, and another one has begun since.
    ['another stands in its place', [first, second], [first, other], 9],
    ['another stands in its place, and more', [first, second], [first, other, third], 9],
  ])('%s', (_title, known, now, from) => {
    expect(newBranch(known, now)).toBe(from);
  });
});
