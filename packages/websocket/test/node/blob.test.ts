import { expect, test } from 'vitest';
import { next, nextMessage, pair, until } from './harness.js';

test('a blob is sent in its turn', async () => {
  const { ours, theirs } = await pair({ perMessageDeflate: true });
  const got: string[] = [];
  ours.on('message', (data, isBinary) => got.push(`${data.toString()} ${isBinary}`));
  theirs.send('before');
  theirs.send(new Blob(['blob']));
  theirs.send(new Blob(['large '.repeat(10)]), { compress: true });
  theirs.send('after');
  await until(() => got.length === 4);
  expect(got).toEqual(['before false', 'blob true', `${'large '.repeat(10)} true`, 'after false']);
});

test('one that cannot be read ends the connection with its error', async () => {
  const { ours, theirs } = await pair();
  const blob = new Blob(['x']);
  const unreadable = Object.assign(blob, { arrayBuffer: () => Promise.reject(new Error('cannot be read')) });
  const closed = next(ours, 'close');
  const failed = next<[Error]>(theirs, 'error');
  const told = new Promise<Error | null | undefined>((resolve) => theirs.send(unreadable, resolve));
  expect((await told)?.message).toBe('cannot be read');
  expect((await failed)[0].message).toBe('cannot be read');
  await closed;
});

test('when the connection goes meanwhile, everyone who waits is told', async () => {
  const { theirs } = await pair();
  let give: (content: ArrayBuffer) => void = () => {};
  const slow = Object.assign(new Blob(['x']), {
    arrayBuffer: () => new Promise<ArrayBuffer>((resolve) => (give = resolve)),
  });
  const told: string[] = [];
  theirs.send(slow, (error) => told.push(`blob ${error?.message}`));
  theirs.send('text', (error) => told.push(`text ${error?.message}`));
  theirs.terminate();
  give(new ArrayBuffer(1));
  await until(() => told.length === 2);
  expect(told.every((line) => line.includes('closed'))).toBe(true);
});

test('a blob as the last message before a close', async () => {
  const { ours, theirs } = await pair();
  const message = nextMessage(ours);
  theirs.send(new Blob(['last']));
  theirs.close();
  expect((await message).toString()).toBe('last');
});
