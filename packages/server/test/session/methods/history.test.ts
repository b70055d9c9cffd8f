import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Running, startServer } from '../../support/server.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

test('history goes both ways from a position', async () => {
  const session = await server.session('alice');
  for (const key of ['a', 'b', 'c', 'd'])
    await session.rpc('message.send', { channel: LOBBY, key, text: key });
  const at = async (params: object): Promise<number[]> =>
    (await session.call('history', { channel: LOBBY, ...params })).publications.map(
      (publication) => publication.offset,
    );
  const { epoch, offset } = await session.call('history', { channel: LOBBY });
  expect(offset).toBe(5);
  expect(await at({})).toEqual([]);
  expect(await at({ limit: -1 })).toEqual([1, 2, 3, 4, 5]);
  expect(await at({ limit: 2, since: { epoch, offset: 2 } })).toEqual([3, 4]);
  expect(await at({ limit: 2, reverse: true })).toEqual([5, 4]);
  expect(await at({ limit: 2, reverse: true, since: { epoch, offset: 4 } })).toEqual([3, 2]);
  const wrong = { channel: LOBBY, limit: 1, since: { epoch: 'other', offset: 1 } };
  expect((await session.fail('history', wrong)).code).toBe(112);
});
