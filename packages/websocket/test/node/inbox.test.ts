import { expect, test } from 'vitest';
import { ByteLimit, Inbox } from '../../src/node/inbox.js';

const text = (content: string): Buffer => Buffer.from(content);
const inboxOf = (limit: number, onLevel: (reached: boolean) => void = () => {}): Inbox =>
  new Inbox(new ByteLimit(limit, onLevel));

test('messages are taken in the order they came', () => {
  const inbox = inboxOf(1_000_000);
  for (let count = 0; count < 300; count++) inbox.push(text(String(count)), false);
  for (let count = 0; count < 300; count++) expect(inbox.shift()?.data.toString()).toBe(String(count));
  expect(inbox.shift()).toBeUndefined();
  expect(inbox.size).toBe(0);
});

test('it tells when the limit is reached, counting what a message costs, and when half was taken', () => {
  const levels: boolean[] = [];
  const inbox = inboxOf(1000, (reached) => levels.push(reached));
  for (let count = 0; count < 20; count++) inbox.push(text(''), false);
  expect(levels).toEqual([true]);
  while (inbox.size > 4) inbox.shift();
  expect(levels).toEqual([true]);
  inbox.shift();
  expect(levels).toEqual([true, false]);
  inbox.push(Buffer.alloc(1000), true);
  expect(levels).toEqual([true, false, true]);
  inbox.clear();
  expect(levels).toEqual([true, false, true, false]);
});

test('a small message does not keep alive the chunk that it came in', () => {
  const inbox = inboxOf(1000);
  inbox.push(Buffer.alloc(65_536).subarray(10, 20), true);
  expect(inbox.shift()!.data.buffer.byteLength).toBeLessThan(100);
});

test('with a limit of 0, anything at all reaches it', () => {
  const levels: boolean[] = [];
  const limit = new ByteLimit(0, (reached) => levels.push(reached));
  limit.change(1);
  limit.change(-1);
  expect(levels).toEqual([true, false]);
});
