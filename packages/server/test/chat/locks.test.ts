import { expect, test } from 'vitest';
import { Locks } from '../../src/chat/locks.js';

const gate = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

test('work under one key runs one after the other, in the order it was asked for', async () => {
  const locks = new Locks();
  const order: string[] = [];
  const { open, opened } = gate();
  const first = locks.run('a', async () => {
    order.push('first begins');
    await opened;
    order.push('first ends');
  });
  const second = locks.run('a', async () => void order.push('second'));
  const third = locks.run('a', async () => void order.push('third'));
  await locks.run('b', async () => void order.push('another key'));
  open();
  await Promise.all([first, second, third]);
  expect(order).toEqual(['first begins', 'another key', 'first ends', 'second', 'third']);
});

test('what comes while the second runs waits for it, although the first is over', async () => {
  const locks = new Locks();
  const { open, opened } = gate();
  const order: string[] = [];
  const first = locks.run('a', () => Promise.resolve());
  const second = locks.run('a', async () => {
    await opened;
    order.push('second');
  });
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  expect(locks.isHeld('a')).toBe(true);
  const third = locks.run('a', async () => void order.push('third'));
  open();
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']);
});

test('work begins at once where nothing is before it', () => {
  const locks = new Locks();
  let begun = false;
  void locks.run('a', async () => {
    begun = true;
  });
  expect(begun).toBe(true);
});

test('work that fails fails its caller, and lets the next begin', async () => {
  const locks = new Locks();
  const failing = locks.run('a', () => Promise.reject(new Error('mine')));
  const next = locks.run('a', () => Promise.resolve('fine'));
  await expect(failing).rejects.toThrow('mine');
  await expect(next).resolves.toBe('fine');
});

test('a key is held while something runs or waits, and settled once that is over', async () => {
  const locks = new Locks();
  const { open, opened } = gate();
  expect(locks.isHeld('a')).toBe(false);
  await locks.settled('a');
  const running = locks.run('a', async () => {
    await opened;
    throw new Error('lost');
  });
  let settled = false;
  const waiting = locks.settled('a').then(() => {
    settled = true;
  });
  await Promise.resolve();
  expect([locks.isHeld('a'), settled]).toEqual([true, false]);
  open();
  await waiting;
  await expect(running).rejects.toThrow('lost');
  expect(locks.isHeld('a')).toBe(false);
});
