import { LOBBY } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, headOf, openChat, type TestChat } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat({ maxHistoryBytes: 2500 });
  await chat.chat.signIn('ada');
  for (let offset = 2; offset <= 70; offset++) {
    await chat.run('message.send', 'ada', { channel: LOBBY, key: `${offset}`, text: `${offset}` });
  }
});

const history = (params = {}, channel: string = LOBBY) =>
  chat.run('channel.history', 'ada', { channel, ...params });
const offsets = async (params = {}) => (await history(params)).publications.map(({ offset }) => offset);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('channel.history', () => {
  test('gives the newest 50 unless it is told otherwise, oldest first, with the head', async () => {
    const { publications, epoch, offset, gap } = await history();
    expect(publications.map((publication) => publication.offset)).toEqual(range(21, 70));
    expect({ epoch, offset }).toEqual(await headOf(chat.log, LOBBY));
    expect(gap).toBeUndefined();
    expect(publications.at(-1)).toEqual({
      offset: 70,
      data: { type: 'message', text: '70' },
      info: { user: 'ada', key: '70' },
      time: expect.any(Number),
    });
  });

  test('pages backwards with before, forwards with after, and between the two', async () => {
    expect(await offsets({ before: 21, limit: 5 })).toEqual(range(16, 20));
    expect(await offsets({ before: 4 })).toEqual([1, 2, 3]);
    expect(await offsets({ before: 1 })).toEqual([]);
    expect(await offsets({ after: 10, limit: 5 })).toEqual(range(11, 15));
    expect(await offsets({ after: 0, limit: 2 })).toEqual([1, 2]);
    expect(await offsets({ after: 70 })).toEqual([]);
    expect(await offsets({ after: 5, before: 8 })).toEqual([6, 7]);
  });

  test('gives no more bytes than the limit, but one publication at least', async () => {
    for (const key of ['a', 'b', 'c']) {
      await chat.run('message.send', 'ada', { channel: LOBBY, key, text: key.repeat(1200) });
    }
    expect(await offsets({ after: 70 })).toEqual([71, 72]);
    expect(await offsets()).toEqual([72, 73]);
    await chat.run('message.send', 'ada', { channel: LOBBY, key: 'd', text: 'd'.repeat(5000) });
    expect(await offsets({ after: 73 })).toEqual([74]);
  });

  test('tells the gap where records were trimmed', async () => {
    await chat.log.trim(LOBBY, 30);
    const { publications, gap } = await history({ after: 10, limit: 1 });
    expect(publications[0]?.offset).toBe(30);
    expect(gap).toMatchObject({
      channel: LOBBY,
      reason: 'retention',
      from: 11,
      to: 29,
      oldest: 30,
      head: 70,
    });
    expect((await history({ limit: 5 })).gap).toBeUndefined();
  });

  test.each([{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { after: -1 }, { before: -1 }, { after: '1' }])(
    'refuses %j',
    async (params) => {
      expect(await codeOf(history(params))).toBe('bad_request');
    },
  );

  test('is for who may read', async () => {
    await chat.chat.signIn('bob');
    const code = (channel: string) => codeOf(chat.run('channel.history', 'bob', { channel }));
    expect(await code('user:ada')).toBe('permission_denied');
    expect(await code('room:none')).toBe('unknown_channel');
    await chat.run('room.create', 'ada', { name: 'open' });
    await chat.run('room.create', 'ada', { name: 'secret', private: true });
    expect(await code('room:open')).toBe('nothing failed');
    expect(await code('room:secret')).toBe('unknown_channel');
    expect((await history({}, 'direct:ada,bob')).publications).toEqual([]);
    expect((await history({}, 'feed:never')).offset).toBe(0);
  });

  test('of a log that is closed says that the server is shutting down', async () => {
    await chat.log.close();
    expect(await codeOf(history())).toBe('shutting_down');
  });
});
