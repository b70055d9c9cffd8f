import { expect, test } from 'vitest';
import { Gate } from '../../src/node/gate.js';

test('what is pushed begins in order, each when the one before is done', () => {
  const told: string[] = [];
  let empty = 0;
  const gate = new Gate(() => void empty++);
  let finish = (): void => {};
  gate.push((done) => void (finish = done), 10, undefined);
  gate.push(
    (done) => {
      told.push('second');
      done();
    },
    5,
    undefined,
  );
  expect(told).toEqual([]);
  expect(gate.bytes).toBe(15);
  finish();
  expect(told).toEqual(['second']);
  expect(gate.bytes).toBe(0);
  expect(empty).toBe(1);
});

test('done twice is done once', () => {
  const gate = new Gate(() => {});
  let finish = (): void => {};
  let begun = 0;
  gate.push((done) => void (finish = done), 1, undefined);
  for (let count = 0; count < 2; count++) gate.push(() => void begun++, 1, undefined);
  finish();
  finish();
  expect(begun).toBe(1);
});

test('when it is dropped, everyone is told, in order', () => {
  const told: string[] = [];
  const gate = new Gate(() => {});
  gate.push(
    () => {},
    1,
    (error) => told.push(`first ${error?.message}`),
  );
  gate.push(
    () => {},
    1,
    (error) => told.push(`second ${error?.message}`),
  );
  gate.drop(new Error('gone'));
  expect(told).toEqual(['first gone', 'second gone']);
  expect(gate.bytes).toBe(0);
});
