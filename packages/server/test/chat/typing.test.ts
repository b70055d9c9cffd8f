import { LOBBY } from '@fullduplex/wire';
import { expect, test } from 'vitest';
import { codeOf, openChat } from './fixtures.js';

test('typing.set is told to the channel, and never stored', async () => {
  const { chat, log, run, announced } = await openChat();
  for (const name of ['ada', 'bob']) await chat.signIn(name);
  const before = log.appends.length;
  expect(await run('typing.set', 'ada', { channel: 'room:LOBBY', typing: true })).toEqual({});
  await run('typing.set', 'ada', { channel: 'direct:bob,ada', typing: false });
  const data = (channel: string, typing: boolean) => ({ type: 'typing', channel, user: 'ada', typing });
  expect(announced).toEqual([
    { channel: LOBBY, push: { channel: LOBBY, message: { data: data(LOBBY, true) } } },
    {
      channel: 'direct:ada,bob',
      push: { channel: 'direct:ada,bob', message: { data: data('direct:ada,bob', false) } },
    },
  ]);
  expect(log.appends).toHaveLength(before);
});

test('typing.set is for who may write', async () => {
  const { chat, run, announced } = await openChat();
  await chat.signIn('ada');
  const set = (channel: string) => codeOf(run('typing.set', 'ada', { channel, typing: true }));
  expect(await set('feed:news')).toBe('permission_denied');
  expect(await set('room:none')).toBe('unknown_channel');
  expect(await set('direct:bob,cyd')).toBe('permission_denied');
  expect(announced).toEqual([]);
});
