import { LOBBY } from '@fullduplex/wire';
import { describe, expect, test } from 'vitest';
import { LogError } from '../../src/log/log.js';
import { channelsOf, codeOf, factsOf, headOf, openChat, TestLog, turn } from './fixtures.js';

describe('opening', () => {
  test('makes the lobby where there is none, and only then', async () => {
    const { log, reopen, chat } = await openChat();
    expect(await factsOf(log, 'r/')).toEqual([['r/lobby', '{"name":"lobby"}']]);
    expect(await factsOf(log, 'l/')).toEqual([['l/lobby', 'lobby']]);
    await chat.signIn('ada');
    await reopen();
    expect(log.appends.filter(({ facts }) => facts?.some(({ key }) => key === 'r/lobby'))).toHaveLength(1);
    expect(await headOf(log, LOBBY)).toMatchObject({ offset: 1 });
  });

  test('finds everything as it was', async () => {
    const { chat, run, reopen } = await openChat();
    for (const name of ['Ada', 'Bob']) await chat.signIn(name);
    await run('room.create', 'Ada', { name: 'Tea', private: true });
    await run('room.create', 'Bob', { name: 'Open' });
    await run('room.invite', 'Ada', { channel: 'room:Tea', user: 'Bob' });
    await run('direct.open', 'Bob', { user: 'Ada' });
    await chat.sendDirect('Ada', 'Zoe', 'hello');
    await run('receipt.read', 'Bob', { channel: 'room:Tea', offset: 1 });
    await chat.markHandedOver('Bob', 'direct:Ada,Bob', 0);
    const again = await reopen();
    for (const user of ['Ada', 'Bob', 'Zoe']) {
      const channels = await channelsOf(again, user);
      expect(new Set(channels)).toEqual(new Set(await channelsOf(chat, user)));
      expect(channels[0]).toBe(`user:${user}`);
    }
    for (const user of ['Ada', 'Bob']) {
      expect(await again.execute('room.list', user, {})).toEqual(await run('room.list', user, {}));
      const before = await run('me.state', user, {});
      const after = await again.execute('me.state', user, {});
      expect(new Set(after.channels)).toEqual(new Set(before.channels));
    }
    const params = { channel: 'room:Tea' };
    expect(await again.execute('channel.members', 'Ada', params)).toEqual(
      await run('channel.members', 'Ada', params),
    );
  });

  test('of a log that fails says so', async () => {
    const log = new TestLog();
    log.failures.push(new LogError('unavailable', 'gone'));
    expect(await codeOf(openChat({}, log))).toBe('unavailable');
  });

  test('refuses facts that it did not write', async () => {
    const log = new TestLog();
    await log.append({ records: [], facts: [{ key: 'r/broken', value: 'no JSON' }] });
    const { chat, run } = await openChat({}, log);
    await chat.signIn('ada');
    expect(await codeOf(run('room.join', 'ada', { channel: 'room:broken' }))).toBe('internal');
  });
});

describe('an error that nobody expected', () => {
  test('is internal, keeps its cause, and tells the caller nothing of it', async () => {
    const { chat, log } = await openChat();
    await chat.signIn('ada');
    const cause = new RangeError('a secret of the house');
    log.failures.push(cause as unknown as LogError);
    const error: unknown = await chat
      .execute('message.send', 'ada', { channel: LOBBY, key: 'k', text: 'x' })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'internal', retryable: true, cause });
    expect(String(error)).not.toContain('secret');
  });
});

describe('what is kept in memory', () => {
  test('is nothing at the start, however much there is', async () => {
    const { chat, log, reopen } = await openChat();
    for (const name of ['ada', 'bob', 'cyd']) await chat.signIn(name);
    const before = log.asked;
    await reopen();
    expect(log.asked - before).toBe(1);
  });

  test('is loaded anew where ids were skipped, and those who watch are told what changed', async () => {
    const { chat, log, run, failed, clock } = await openChat();
    for (const name of ['ada', 'bob']) await chat.signIn(name);
    await run('room.create', 'ada', { name: 'tea' });
    await run('room.join', 'bob', { channel: 'room:tea' });
    const memberships = await chat.memberships('bob');
    const heard: [string, number | undefined][] = [];
    memberships.watch((channel, from) => heard.push([channel, from]));
    // As if another node had done it, and the tail had never told.
    const facts = ['m/tea/bob', 'b/bob/room:tea'].map((key) => ({ key, value: null }));
    await log.append({ records: [], facts });
    log.list = () => Promise.reject(new LogError('unavailable', 'gone'));
    chat.skipped();
    await turn();
    expect(failed).toMatchObject([{ code: 'unavailable' }]);
    expect(heard).toEqual([]);
    log.list = (...query) => Object.getPrototypeOf(log).list.apply(log, query);
    clock.pass(1000);
    await turn();
    expect(heard).toEqual([['room:tea', undefined]]);
    expect([...memberships.channels.keys()]).toEqual(['user:bob', LOBBY]);
    const send = run('message.send', 'bob', { channel: 'room:tea', key: 'k', text: 'x' });
    expect(await codeOf(send)).toBe('not_a_member');
  });

  test('may be very little', async () => {
    const { chat, run } = await openChat({}, new TestLog(), { cacheBytes: 6000 });
    for (let user = 0; user < 30; user++) await chat.signIn(`user${user}`);
    await run('room.create', 'user0', { name: 'tea' });
    for (let user = 1; user < 30; user++) {
      await run('room.join', `user${user}`, { channel: 'room:tea' });
      await run('message.send', `user${user}`, { channel: 'room:tea', key: 'k', text: 'x' });
    }
    const { rooms } = await run('room.list', 'user7', {});
    expect(rooms.map(({ members }) => members)).toEqual([30, 30]);
  });
});

test('a name that nobody has was never here', async () => {
  const { chat, log } = await openChat();
  expect(await codeOf(chat.memberships('nobody'))).toBe('unknown_user');
  await chat.signIn('Ada');
  await chat.sawLast('ADA', 5);
  await chat.sawLast('ada', 3);
  expect(await factsOf(log, 's/')).toEqual([['s/ada', '5']]);
});
