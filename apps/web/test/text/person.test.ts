import { expect, test } from 'vitest';
import { initials, TINTS, tintOf } from '../../src/text/person.js';

test.each([
  ['ada', 'A'],
  ['grace.hopper', 'GH'],
  ['Ada_B-lovelace', 'AL'],
  ['陈晓明', '陈'],
  ['__', '_'],
  ['7th', '7'],
  ['é', 'É'],
])('%s is drawn as %s', (name, drawn) => {
  expect(initials(name)).toBe(drawn);
});

test('a name has one tint, however it is spelled', () => {
  expect(tintOf('Ada')).toBe(tintOf('ada'));
  expect(tintOf('e\u0301')).toBe(tintOf('é'));
});

test('names are spread over all the tints', () => {
  const counts = Array.from({ length: TINTS }, () => 0);
  for (let i = 0; i < 800; i++) counts[tintOf(`guest-${i}`)]!++;
  for (const count of counts) expect(count).toBeGreaterThan(50);
});
