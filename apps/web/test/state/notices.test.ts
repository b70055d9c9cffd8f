import { expect, test } from 'vitest';
import { type Notices, together } from '../../src/state/notices.js';

const HOUR = 3_600_000;
const notices = (offset: number, time: number, count = 1): Notices => ({
  kind: 'notices',
  offset,
  last: offset + count - 1,
  time,
  all: Array.from({ length: count }, (_, i) => ({ what: 'joined', user: `u${offset + i}`, by: undefined })),
});

test('what was within an hour is told together, and stands where it began', () => {
  expect(together(notices(1, 0, 2), notices(3, HOUR))).toMatchObject({
    offset: 1,
    last: 3,
    time: 0,
    all: [{ user: 'u1' }, { user: 'u2' }, { user: 'u3' }],
  });
});

test('what was later stands for itself', () => {
  expect(together(notices(1, 0), notices(2, HOUR + 1))).toBeUndefined();
});

test('a line does not grow without end', () => {
  expect(together(notices(1, 0, 499), notices(500, 0))?.all).toHaveLength(500);
  expect(together(notices(1, 0, 500), notices(501, 0))).toBeUndefined();
});
