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

test('it may be a fragment, and a text', async () => {
  const { ours, theirs } = await pair({ perMessageDeflate: true });
  const got: string[] = [];
  ours.on('message', (data, isBinary) => got.push(`${data.toString()} ${isBinary}`));
  theirs.send('a', { fin: false });
  theirs.send(new Blob(['b']), { fin: false });
  theirs.send(new Blob(['c']));
  theirs.send(new Blob(['d']), { fin: false, binary: false });
  theirs.send('e');
  theirs.send(new Blob(['f']), { binary: false });
  await until(() => got.length === 3);
  expect(got).toEqual(['abc false', 'de false', 'f false']);
});

test('what waits behind one is sent as it was, whatever becomes of its memory', async () => {
  const { ours, theirs } = await pair();
  const got: Buffer[] = [];
  ours.on('message', (data) => got.push(data));
  const small = Buffer.from('1234');
  const large = Buffer.alloc(100_000, 'x');
  theirs.send(new Blob(['blob']));
  theirs.send(small);
  theirs.send(large);
  small.fill(0);
  large.fill(0);
  await until(() => got.length === 3);
  expect(got[1]!.toString()).toBe('1234');
  expect(got[2]!.equals(Buffer.alloc(100_000, 'x'))).toBe(true);
});
