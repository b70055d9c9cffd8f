import { describe, expect, test } from 'vitest';
import { Directory } from '../../src/state/directory.js';
import { FakeClient } from '../support/fake-client.js';
import { FakeTimers } from '../support/fake-timers.js';

const ROOM = 'room:x';

function setUp(transport: 'websocket' | 'polling' = 'websocket') {
  const client = new FakeClient('me');
  client.state = { status: 'connected', transport, behind: 0, pending: 0 };
  client.states = [{ channel: ROOM, epoch: 'e', offset: 4, read: 2, unread: 2, present: ['me'] }];
  client.rooms = [{ channel: ROOM, name: 'x', private: true, members: 1, joined: true }];
  const timers = new FakeTimers();
  const directory = new Directory('me', () => client, timers);
  const asked = (): number => client.calls.filter((call) => call.name === 'me.state').length;
  return { client, timers, directory, asked };
}

const joined = (offset: number) => ({
  offset,
  data: { type: 'joined', user: 'ada', channel: ROOM },
  info: { user: 'ada' },
  time: 0,
});

test('lists what the user belongs to, the rooms there are, and who is here', async () => {
  const { directory, timers } = setUp();
  expect(directory.listed.get()).toBe(false);
  directory.connected();
  await timers.pass(0);
  expect(directory.listed.get()).toBe(true);
  expect(directory.conversations.get().get(ROOM)).toMatchObject({ unread: 2, head: 4 });
  expect(directory.rooms.get().get(ROOM)).toMatchObject({ private: true });
  expect(directory.presence.get().get(ROOM)).toEqual(new Set(['me']));
});

test('counts who comes before the lists are asked for again, each once', async () => {
  const { directory, timers } = setUp();
  directory.connected();
  await timers.pass(0);
  const members = (): number | undefined => directory.rooms.get().get(ROOM)?.members;
  // Within the list already: offset 4 was its head.
  directory.take(ROOM, joined(4));
  expect(members()).toBe(1);
  directory.take(ROOM, joined(5));
  directory.take(ROOM, joined(5));
  expect(members()).toBe(2);
  directory.take(ROOM, { ...joined(6), data: { type: 'left', user: 'ada', channel: ROOM } });
  expect(members()).toBe(1);
});

test('asks for the whole list page by page, and later only for what changed last', async () => {
  const { client, directory, timers, asked } = setUp();
  client.states = Array.from({ length: 250 }, (_, i) => ({ ...client.states[0]!, channel: `room:r${i}` }));
  directory.connected();
  await timers.pass(0);
  expect(directory.conversations.get().size).toBe(250);
  expect(asked()).toBe(3);
  // Of what one left elsewhere and did not hear of, the whole list tells.
  client.states = client.states.slice(10);
  directory.refresh();
  await timers.pass(1_000);
  expect(asked()).toBe(4);
  expect(directory.conversations.get().size).toBe(250);
  directory.connected();
  await timers.pass(0);
  expect(directory.conversations.get().size).toBe(240);
});

test('stops at a thousand, and asks when something is said in one that is further down', async () => {
  const { client, directory, timers, asked } = setUp();
  client.states = Array.from({ length: 1_500 }, (_, i) => ({ ...client.states[0]!, channel: `room:r${i}` }));
  directory.connected();
  await timers.pass(0);
  expect([directory.conversations.get().size, asked()]).toEqual([1_000, 10]);
  client.states = [{ ...client.states[0]!, channel: 'room:r1499', offset: 9 }, ...client.states.slice(0, -1)];
  directory.take('room:r1499', { ...joined(9), data: { type: 'message', text: 'x' } });
  await timers.pass(1_000);
  expect(directory.conversations.get().has('room:r1499')).toBe(true);
  expect(directory.conversations.get().size).toBe(1_001);
});

test('knows everyone who shares a room with the user, here or away, and whoever joins', async () => {
  const { client, directory, timers } = setUp();
  client.memberLists.set(ROOM, [
    { user: 'me', role: 'owner', present: true },
    { user: 'bob', role: 'member', present: false, seen: 1_700 },
  ]);
  directory.connected();
  await timers.pass(0);
  directory.take(ROOM, joined(5));
  expect([...directory.people.get().values()]).toEqual([
    { name: 'me', seen: undefined },
    { name: 'bob', seen: 1_700 },
    { name: 'ada', seen: undefined },
  ]);
});

test('looks up a room that one only looks into', async () => {
  const { client, directory } = setUp();
  client.rooms = [
    { channel: 'room:garden', name: 'garden', private: false, members: 4, joined: false },
    { channel: 'room:gardens', name: 'gardens', private: false, members: 5, joined: false },
  ];
  await directory.lookUp('room:garden');
  await directory.lookUp('room:nowhere');
  expect([...directory.rooms.get().values()].map(({ name, members }) => [name, members])).toEqual([
    ['garden', 4],
  ]);
});

describe('asking again', () => {
  test('many reasons make one request, at the time of the most urgent', async () => {
    const { directory, timers, asked } = setUp();
    for (let offset = 5; offset < 50; offset++) directory.take(ROOM, joined(offset));
    await timers.pass(200);
    expect(asked()).toBe(0);
    directory.refresh();
    directory.refresh();
    await timers.pass(200);
    expect(asked()).toBe(1);
    await timers.pass(5_000);
    expect(asked()).toBe(1);
  });

  test('goes on by itself where presence is not told as it changes', async () => {
    const { directory, timers, asked } = setUp('polling');
    directory.connected();
    await timers.pass(0);
    await timers.pass(15_000);
    await timers.pass(15_000);
    expect(asked()).toBe(3);
  });

  test('does not go on when it failed, or when it is closed', async () => {
    const { client, directory, timers, asked } = setUp();
    client.refusals.set('me.state', 'offline');
    directory.connected();
    await timers.pass(0);
    await timers.pass(60_000);
    expect([asked(), directory.listed.get()]).toEqual([1, false]);
    directory.close();
    directory.refresh();
    await timers.pass(60_000);
    expect(asked()).toBe(1);
  });
});

test('a conversation is there as soon as one has joined it, and gone when one has left', () => {
  const { directory } = setUp();
  directory.joined('room:new');
  directory.joined('user:me');
  directory.joined('nonsense');
  expect([...directory.conversations.get().keys()]).toEqual(['room:new']);
  directory.left('room:new');
  expect(directory.conversations.get().size).toBe(0);
});

test('reading elsewhere is told by one’s own feed', async () => {
  const { directory, timers, asked } = setUp();
  directory.connected();
  await timers.pass(0);
  const read = (offset: number) => ({
    offset: 9,
    data: { type: 'read', channel: ROOM, offset },
    info: { user: 'me' },
    time: 0,
  });
  directory.takeOwn(read(4));
  expect(directory.conversations.get().get(ROOM)).toMatchObject({ read: 4, unread: 0 });
  directory.takeOwn(read(1));
  expect(directory.conversations.get().get(ROOM)!.read).toBe(4);
  await timers.pass(5_000);
  expect(asked()).toBe(1);
});
