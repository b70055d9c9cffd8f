import { expect, test } from 'vitest';
import { Limiter } from '../../src/node/limiter.js';

test('only so many run at once, the others in order', () => {
  const limiter = new Limiter(2);
  const running: (() => void)[] = [];
  const begun: number[] = [];
  for (let id = 0; id < 4; id++) {
    limiter.run((done) => {
      begun.push(id);
      running.push(done);
    });
  }
  expect(begun).toEqual([0, 1]);
  running[1]!();
  running[1]!();
  expect(begun).toEqual([0, 1, 2]);
  running[0]!();
  expect(begun).toEqual([0, 1, 2, 3]);
});
