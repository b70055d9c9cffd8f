import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { callUser, emitToUser } from '../../src/node/user-code.js';
import { surfaced } from './harness.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what it calls gets its arguments and its this', () => {
  const told: unknown[] = [];
  const self = { name: 'self' };
  callUser(
    function (this: unknown, ...given: unknown[]) {
      told.push(this, ...given);
    },
    self,
    1,
    'two',
  );
  expect(told).toEqual([self, 1, 'two']);
});

test('what is thrown surfaces in a turn of its own, each exception by itself', async () => {
  const exceptions = surfaced();
  for (const message of ['one', 'two']) {
    callUser(() => {
      throw new Error(message);
    }, undefined);
  }
  await Promise.resolve();
  expect(exceptions()).toEqual([]);
  await turn();
  await turn();
  expect(exceptions()).toEqual(['one', 'two']);
});

test('an event tells whether anyone listens, and what a listener throws surfaces', async () => {
  const exceptions = surfaced();
  const emitter = new EventEmitter();
  expect(emitToUser(emitter, 'x', 1)).toBe(false);
  emitter.on('x', (given) => {
    throw new Error(`listener of ${given}`);
  });
  expect(emitToUser(emitter, 'x', 1)).toBe(true);
  await turn();
  await turn();
  expect(exceptions()).toEqual(['listener of 1']);
});
