import { LOBBY } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { channelsOf, codeOf, dataOf, openChat, TestLog } from './fixtures.js';

describe('signing in', () => {
  test('makes the user known and a member of the lobby, with records in both feeds, once', async () => {
    const { chat, log } = await openChat();
    expect(await chat.signIn('Ada')).toBe('Ada');
    expect(await chat.signIn('Ada')).toBe('Ada');
    const joined = [{ type: 'joined', user: 'Ada', channel: LOBBY }];
    expect(await dataOf(log, LOBBY)).toEqual(joined);
    expect(await dataOf(log, 'user:Ada')).toEqual(joined);
    expect(await channelsOf(chat, 'Ada')).toEqual(['user:Ada', LOBBY]);
  });

  test('keeps the spelling that was seen first', async () => {
    const { chat, reopen } = await openChat();
    await chat.signIn('Ada');
    expect(await chat.signIn('ADA')).toBe('Ada');
    expect(await (await reopen()).signIn('aDA')).toBe('Ada');
    // Two ways to write the same letter.
    expect(await chat.signIn('Ame\u0301lie')).toBe('Am\u00e9lie');
    expect(await chat.signIn('AM\u00c9LIE')).toBe('Am\u00e9lie');
  });

  test('of one new name by two at once makes one user', async () => {
    const { chat, log } = await openChat();
    expect(await Promise.all([chat.signIn('ada'), chat.signIn('Ada')])).toEqual(['ada', 'ada']);
    expect(await dataOf(log, LOBBY)).toHaveLength(1);
  });

  test.each([
    undefined,
    null,
    7,
    '',
    'a b',
    'a/b',
    'a\u0000',
    'a\u202eb',
    '\ud800',
    'x'.repeat(65),
    'x'.repeat(10_000),
  ])('refuses %j', async (name) => {
    const { chat } = await openChat();
    expect(await codeOf(chat.signIn(name))).toBe('invalid_name');
  });

  test('is over only once it is durable, also for who signs in meanwhile', async () => {
    const { chat, log } = await openChat();
    const release = log.hold();
    const order: string[] = [];
    const both = [chat.signIn('ada'), chat.signIn('ada')].map((call) => call.then(() => order.push('in')));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('released');
    release();
    await Promise.all(both);
    expect(order).toEqual(['released', 'in', 'in']);
  });

  test('that fails leaves nothing, and may be tried again', async () => {
    const { chat, log } = await openChat();
    log.failures.push(new LogError('full', 'no room'));
    expect(await codeOf(chat.signIn('Ada'))).toBe('storage_full');
    expect(await codeOf(channelsOf(chat, 'Ada'))).toBe('unknown_user');
    expect(await chat.signIn('ada')).toBe('ada');
    expect(await dataOf(log, LOBBY)).toHaveLength(1);
  });

  test('stops at the limit of users, and those who are known still come in', async () => {
    const { chat } = await openChat({ maxUsers: 2 });
    await Promise.all([chat.signIn('ada'), chat.signIn('bob')]);
    expect(await codeOf(chat.signIn('cyd'))).toBe('limit_exceeded');
    expect(await chat.signIn('ADA')).toBe('ada');
  });
});

test('who was only written to becomes a member of the lobby with the first signing in', async () => {
  const { chat, log } = await openChat();
  await chat.signIn('ada');
  await chat.sendDirect('ada', 'Bob', 'are you there?');
  expect(await channelsOf(chat, 'bob')).toEqual(['user:Bob', 'direct:Bob,ada']);
  expect(await chat.signIn('bob')).toBe('Bob');
  expect(await channelsOf(chat, 'bob')).toEqual(['user:Bob', 'direct:Bob,ada', LOBBY]);
  expect(await dataOf(log, LOBBY)).toHaveLength(2);
});

test('commands of someone who never signed in are refused', async () => {
  const { run } = await openChat({}, new TestLog());
  expect(await codeOf(run('me.state', 'nobody', {}))).toBe('unknown_user');
});
