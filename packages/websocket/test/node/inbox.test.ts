import { expect, test } from 'vitest';
import { Inbox, iterate } from '../../src/node/inbox.js';

const text = (content: string): Buffer => Buffer.from(content);

test('messages are taken in the order they came', () => {
  const inbox = new Inbox(1_000_000, () => {});
  for (let count = 0; count < 300; count++) inbox.push(text(String(count)), false);
  for (let count = 0; count < 300; count++) expect(inbox.shift()?.data.toString()).toBe(String(count));
  expect(inbox.shift()).toBeUndefined();
  expect(inbox.size).toBe(0);
});

test('it tells when it is full, counting what a message costs, and when half was taken', () => {
  const levels: boolean[] = [];
  const inbox = new Inbox(1000, (full) => levels.push(full));
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
  const inbox = new Inbox(1000, () => {});
  inbox.push(Buffer.alloc(65_536).subarray(10, 20), true);
  expect(inbox.shift()!.data.buffer.byteLength).toBeLessThan(100);
});

test('a loop takes what is there, then what comes, and ends when nothing will come', async () => {
  const inbox = new Inbox(1000, () => {});
  inbox.push(text('a'), false);
  const got: (string | Buffer)[] = [];
  const reading = (async () => {
    for await (const message of iterate(inbox)) got.push(message);
  })();
  await new Promise((resolve) => setImmediate(resolve));
  expect(got).toEqual(['a']);
  expect(inbox.isRead).toBe(true);
  inbox.push(text('b'), true);
  inbox.end();
  await reading;
  expect(got).toEqual(['a', Buffer.from('b')]);
  expect(inbox.isRead).toBe(false);
});

test('leaving a loop leaves the rest', async () => {
  const inbox = new Inbox(1000, () => {});
  for (const content of ['a', 'b']) inbox.push(text(content), false);
  for await (const message of iterate(inbox)) {
    expect(message).toBe('a');
    break;
  }
  expect(inbox.isRead).toBe(false);
  expect(inbox.size).toBe(1);
});

test('a failure is thrown in the loop, after what came before it', async () => {
  const inbox = new Inbox(1000, () => {});
  inbox.push(text('a'), false);
  inbox.end(new Error('failed'));
  const got: (string | Buffer)[] = [];
  const reading = (async () => {
    for await (const message of iterate(inbox)) got.push(message);
  })();
  await expect(reading).rejects.toThrow('failed');
  expect(got).toEqual(['a']);
  expect(await inbox.next()).toBeUndefined();
});
