import { beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { codeOf, dataOf, openChat, type TestChat, turn } from './fixtures.js';

let chat: TestChat;
beforeEach(async () => {
  chat = await openChat({ maxMembershipsPerUser: 4 });
  for (const name of ['ada', 'Bob', 'cyd']) await chat.chat.signIn(name);
});

const open = (user: string, other: unknown) => chat.run('direct.open', user, { user: other as string });

describe('direct.open', () => {
  test('tells both in their feeds, and writes nothing into the conversation', async () => {
    expect(await open('ada', 'bob')).toEqual({ channel: 'direct:Bob,ada' });
    const channel = 'direct:Bob,ada';
    expect((await dataOf(chat.log, 'user:ada')).at(-1)).toEqual({ type: 'joined', user: 'ada', channel });
    expect((await dataOf(chat.log, 'user:Bob')).at(-1)).toEqual({
      type: 'joined',
      user: 'Bob',
      channel,
      by: 'ada',
    });
    expect(await dataOf(chat.log, channel)).toEqual([]);
    expect(await chat.channelsOf('Bob')).toContain(channel);
    expect(await chat.channelsOf('bob', await chat.reopen())).toContain(channel);
  });

  test('again, from either side, or by both at once, is harmless', async () => {
    const both = await Promise.all([open('ada', 'BOB'), open('Bob', 'ADA'), open('ada', 'Bob')]);
    expect(new Set(both.map(({ channel }) => channel))).toEqual(new Set(['direct:Bob,ada']));
    await open('Bob', 'ada');
    expect(await dataOf(chat.log, 'user:ada')).toHaveLength(2);
  });

  test('with oneself is a conversation of one', async () => {
    expect(await open('ada', 'ada')).toEqual({ channel: 'direct:ada,ada' });
    expect((await dataOf(chat.log, 'user:ada')).slice(1)).toEqual([
      { type: 'joined', user: 'ada', channel: 'direct:ada,ada' },
    ]);
    const sent = await chat.run('message.send', 'ada', { channel: 'direct:ADA,ada', key: 'k', text: 'note' });
    expect(sent.position.offset).toBe(1);
  });

  test('with a name that never signed in makes it known', async () => {
    expect(await open('ada', 'Zoe')).toEqual({ channel: 'direct:Zoe,ada' });
    expect(await chat.channelsOf('zoe')).toEqual(['user:Zoe', 'direct:Zoe,ada']);
  });

  test('refuses what is no name, and more than one user may have', async () => {
    expect(await codeOf(open('ada', 'a,b'))).toBe('invalid_name');
    expect(await codeOf(open('ada', 5))).toBe('bad_request');
    for (const other of ['Bob', 'cyd', 'zoe']) await open('ada', other);
    expect(await codeOf(open('ada', 'yan'))).toBe('limit_exceeded');
    expect(await codeOf(chat.channelsOf('yan'))).toBe('unknown_user');
    // Others may open one with who has as many as one may open.
    await chat.chat.signIn('yan');
    expect(await codeOf(open('yan', 'ada'))).toBe('nothing failed');
  });

  test('that fails leaves nothing of it', async () => {
    chat.log.failures.push(new LogError('full', 'no room'));
    expect(await codeOf(open('ada', 'Zoe'))).toBe('storage_full');
    expect(await chat.channelsOf('ada')).toHaveLength(2);
    expect(await codeOf(chat.channelsOf('zoe'))).toBe('unknown_user');
  });
});

describe('the first message', () => {
  test('opens the conversation in the same commit', async () => {
    const sent = await chat.run('message.send', 'ada', { channel: 'direct:ada,bob', key: 'k', text: 'hi' });
    expect(sent).toMatchObject({ position: { offset: 1 }, duplicate: false });
    expect(await dataOf(chat.log, 'direct:Bob,ada')).toEqual([{ type: 'message', text: 'hi' }]);
    expect(chat.log.appends.at(-1)?.records).toHaveLength(3);
    expect(await chat.channelsOf('Bob')).toContain('direct:Bob,ada');
    const again = await chat.run('message.send', 'ada', { channel: 'direct:bob,ada', key: 'k', text: 'hi' });
    expect(again).toEqual({ ...sent, duplicate: true });
    expect(await dataOf(chat.log, 'user:ada')).toHaveLength(2);
  });

  test('to a name that never signed in waits for it', async () => {
    const sent = await chat.chat.sendDirect('ada', 'Zoe', 'welcome', 'k');
    expect(sent).toMatchObject({ channel: 'direct:Zoe,ada', position: { offset: 1 }, duplicate: false });
    await chat.chat.signIn('zoe');
    const { publications } = await chat.run('channel.history', 'zoe', { channel: 'direct:ada,zoe' });
    expect(publications.map(({ data }) => data)).toEqual([{ type: 'message', text: 'welcome' }]);
  });

  test('by many at once to one unknown name makes one user of it', async () => {
    await Promise.all(['ada', 'Bob', 'cyd'].map((from) => chat.chat.sendDirect(from, 'Zoe', 'hello')));
    expect((await chat.channelsOf('zoe')).toSorted()).toEqual([
      'direct:Bob,Zoe',
      'direct:Zoe,ada',
      'direct:Zoe,cyd',
      'user:Zoe',
    ]);
  });

  test('to an unknown name that fails takes nobody along who wrote to it meanwhile', async () => {
    const release = chat.log.hold();
    chat.log.failures.push(new LogError('unavailable', 'gone'));
    const lost = codeOf(chat.chat.sendDirect('ada', 'Zoe', 'lost'));
    await turn();
    const kept = chat.chat.sendDirect('cyd', 'zoe', 'kept');
    release();
    expect(await lost).toBe('unavailable');
    expect(await kept).toMatchObject({ channel: 'direct:cyd,zoe' });
    expect(await chat.channelsOf('zoe')).toEqual(['user:zoe', 'direct:cyd,zoe']);
    expect(await chat.channelsOf('zoe', await chat.reopen())).toEqual(['user:zoe', 'direct:cyd,zoe']);
  });

  test('and those behind it keep their order', async () => {
    const texts = ['1', '2', '3', '4'];
    await Promise.all(texts.map((text) => chat.chat.sendDirect('ada', 'Bob', text)));
    expect(await dataOf(chat.log, 'direct:Bob,ada')).toEqual(
      texts.map((text) => ({ type: 'message', text })),
    );
  });

  test('that fails is not followed by a message into a conversation that nobody opened', async () => {
    const release = chat.log.hold();
    chat.log.failures.push(new LogError('unavailable', 'gone'));
    const first = codeOf(chat.chat.sendDirect('ada', 'Bob', 'lost'));
    await turn();
    const second = chat.chat.sendDirect('ada', 'Bob', 'kept');
    const third = chat.chat.sendDirect('Bob', 'ada', 'answer');
    release();
    expect(await first).toBe('unavailable');
    await Promise.all([second, third]);
    expect(await chat.channelsOf('Bob')).toContain('direct:Bob,ada');
    expect(await dataOf(chat.log, 'user:Bob')).toHaveLength(2);
    expect(await dataOf(chat.log, 'direct:Bob,ada')).toEqual([
      { type: 'message', text: 'kept' },
      { type: 'message', text: 'answer' },
    ]);
  });
});
