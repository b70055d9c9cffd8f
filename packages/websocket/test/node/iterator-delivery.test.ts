import { expect, test } from 'vitest';
import { Kept, type Recipient } from '../../src/node/delivery.js';
import { IteratorDelivery } from '../../src/node/iterator-delivery.js';

const recipient: Recipient = {
  listens: false,
  isPaused: false,
  isOpen: true,
  highWaterMark: 1000,
  untakenTimeout: 0,
  tell: () => false,
  stopReading: () => {},
  whenListening: () => {},
};

function make() {
  let left = 0;
  const kept = new Kept(recipient);
  const delivery = new IteratorDelivery(kept, () => left++);
  return { delivery, kept, left: () => left };
}

async function all(delivery: IteratorDelivery, got: (string | Buffer)[] = []): Promise<(string | Buffer)[]> {
  for await (const message of delivery.iterate()) got.push(message);
  return got;
}

test('a loop takes what is there, then what comes, and ends when nothing will come', async () => {
  const { delivery, left } = make();
  delivery.message(Buffer.from('a'), false);
  const got: (string | Buffer)[] = [];
  const reading = all(delivery, got);
  await new Promise((resolve) => setImmediate(resolve));
  expect(got).toEqual(['a']);
  delivery.message(Buffer.from('b'), true);
  delivery.ended(undefined);
  await reading;
  expect(got).toEqual(['a', Buffer.from('b')]);
  expect(left()).toBe(0);
});

test('leaving the last loop leaves the rest, and is told', async () => {
  const { delivery, kept, left } = make();
  for (const content of ['a', 'b']) delivery.message(Buffer.from(content), false);
  for await (const message of delivery.iterate()) {
    expect(message).toBe('a');
    break;
  }
  expect(left()).toBe(1);
  expect(kept.inbox.size).toBe(1);
});

test('an end that was not clean is thrown in each loop, after what came before it', async () => {
  const { delivery } = make();
  delivery.message(Buffer.from('a'), false);
  delivery.ended(new Error('broken'));
  const got: (string | Buffer)[] = [];
  await expect(all(delivery, got)).rejects.toThrow('broken');
  expect(got).toEqual(['a']);
  await expect(all(delivery)).rejects.toThrow('broken');
});
