import { expect, test } from 'vitest';
import { MAX_FACT_KEY_BYTES, weigh } from '../../src/log/check-append.js';
import { record } from './fixtures.js';

test('an append weighs at least what its strings take', () => {
  const text = 'x'.repeat(1000);
  const bytes = weigh({ records: [record('room:a', text, 'k')], facts: [{ key: text, value: text }] }, 5000);
  expect(bytes).toBeGreaterThan(3000);
  expect(bytes).toBeLessThan(4000);
});

test('nothing weighs nothing, so that also empty appends are bounded', () => {
  expect(weigh({ records: [] }, 10)).toBeGreaterThan(0);
  const empty = { channel: '', sender: '', data: '' };
  expect(weigh({ records: Array.from({ length: 100 }, () => empty) }, 10)).toBeGreaterThan(10_000);
});

test('the limit is of bytes', () => {
  const of = (data: string) => () => weigh({ records: [{ channel: 'c', sender: 's', data }] }, 6);
  expect(of('語語')).not.toThrow();
  expect(of('語語x')).toThrow('7 bytes; the limit is 6');
});

test.each([
  { records: [{ ...record('room:a', 'x'), channel: 'a\0' }] },
  { records: [{ ...record('room:a', 'x'), sender: '\ud800' }] },
  { records: [{ ...record('room:a', 'x'), key: '\udfff' }] },
  { records: [{ ...record('room:a', 'x'), data: '"\0"' }] },
  { records: [{ ...record('room:a', 'x'), channel: `room:${'語'.repeat(340)}` }] },
  { records: [{ ...record('room:a', 'x'), sender: 'x'.repeat(1025) }] },
  { records: [{ ...record('room:a', 'x'), key: 'x'.repeat(1025) }] },
  { records: [], facts: [{ key: 'a\0', value: '' }] },
  { records: [], facts: [{ key: 'a', value: '\ud83d' }] },
  { records: [], facts: [{ key: 'x'.repeat(MAX_FACT_KEY_BYTES + 1), value: '' }] },
])('a mistake of the caller is a TypeError: %#', (append) => {
  expect(() => weigh(append, 5000)).toThrow(TypeError);
});

test('text of whole pairs is fine, and so is a fact that goes', () => {
  expect(
    weigh({ records: [record('room:😀', '👩‍👩‍👧', '語')], facts: [{ key: '😀', value: null }] }, 5000),
  ).toBeGreaterThan(0);
});
