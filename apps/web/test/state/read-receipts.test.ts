import { expect, test } from 'vitest';
import { RECEIPT_DELAY, ReadReceipts } from '../../src/state/read-receipts.js';
import { FakeTimers } from '../support/fake-timers.js';

function setUp() {
  const timers = new FakeTimers();
  const told: string[] = [];
  let refusing = false;
  const receipts = new ReadReceipts(async (channel, offset) => {
    if (refusing) throw new Error('offline');
    told.push(`${channel} ${offset}`);
  }, timers);
  return {
    timers,
    told,
    receipts,
    refuse: (on: boolean) => {
      refusing = on;
    },
  };
}

test('the furthest is told once per channel, after a moment', async () => {
  const { timers, told, receipts } = setUp();
  receipts.read('room:a', 1);
  receipts.read('room:a', 3);
  receipts.read('room:a', 2);
  receipts.read('room:b', 7);
  expect(told).toEqual([]);
  await timers.pass(RECEIPT_DELAY);
  expect(told).toEqual(['room:a 3', 'room:b 7']);
  await timers.pass(RECEIPT_DELAY);
  expect(told).toHaveLength(2);
});

test('what could not be told is told the next time, unless more was read since', async () => {
  const { timers, told, receipts, refuse } = setUp();
  refuse(true);
  receipts.read('room:a', 1);
  receipts.read('room:b', 1);
  await timers.pass(RECEIPT_DELAY);
  refuse(false);
  receipts.read('room:a', 5);
  receipts.flush();
  expect(told).toEqual(['room:a 5', 'room:b 1']);
});

test('nothing is told after it is closed', async () => {
  const { timers, told, receipts } = setUp();
  receipts.read('room:a', 1);
  receipts.close();
  await timers.pass(RECEIPT_DELAY);
  expect(told).toEqual([]);
});
