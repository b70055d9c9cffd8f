import { expect, test } from 'vitest';
import { Sender } from '../../src/index.js';
import { frame, hex } from '../support.js';
import { next, nextMessage, pair, until } from './harness.js';

test.each([0, 125, 126, 70_000])('a frame of %i bytes, in two pieces', (length) => {
  const data = Buffer.alloc(length, 'x');
  const pieces = Sender.frame(data, { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false });
  expect(pieces).toHaveLength(2);
  expect(hex(Buffer.concat(pieces))).toBe(hex(frame(0x81, data)));
  expect(Sender.frame(data, { fin: false, opcode: 2, rsv1: true })[0]![0]).toBe(0x42);
});

test('a frame for many cannot be masked', () => {
  expect(() => Sender.frame('x', { opcode: 1, mask: true as false })).toThrow(TypeError);
});

test('frames that were encoded once go out in their turn, and their callbacks are called', async () => {
  const { ours, theirs } = await pair();
  const got: string[] = [];
  ours.on('message', (data) => got.push(data.toString()));
  const encoded = Sender.frame('shared', { opcode: 1 });
  const told: string[] = [];
  theirs.send('before');
  theirs._sender!.sendFrame(encoded, () => told.push('first'));
  theirs.send('between');
  theirs.send(new Blob(['blob']));
  theirs._sender!.sendFrame(encoded, () => told.push('second'));
  theirs.send('after');
  await until(() => got.length === 6);
  expect(got).toEqual(['before', 'shared', 'between', 'blob', 'shared', 'after']);
  await until(() => told.length === 2);
  theirs.send('a', { fin: false });
  theirs._sender!.sendFrame(encoded);
  theirs.send('b');
  await until(() => got.length === 8);
  expect(got.slice(6)).toEqual(['ab', 'shared']);
  const closed = next(ours, 'close');
  theirs.close();
  const late = new Promise<unknown>((resolve) => theirs._sender!.sendFrame(encoded, resolve));
  expect(await late).toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
  await closed;
});

test('fragments are given as fragments, where that is the binaryType', async () => {
  const { ours, theirs } = await pair();
  ours.binaryType = 'fragments';
  const message = nextMessage(ours);
  for (const [at, part] of ['a', 'bc', 'def'].entries()) theirs.send(Buffer.from(part), { fin: at === 2 });
  expect(((await message) as unknown as Buffer[]).map(String)).toEqual(['a', 'bc', 'def']);
  const whole = nextMessage(ours);
  theirs.send(Buffer.from('whole'));
  expect(((await whole) as unknown as Buffer[]).map(String)).toEqual(['whole']);
});
