import type { RoomSummary } from '@fullduplex/wire';
import { expect, test } from 'vitest';
import { RoomSearch } from '../../src/state/room-search.js';
import { FakeClient } from '../support/fake-client.js';
import { FakeTimers } from '../support/fake-timers.js';

const room = (name: string): RoomSummary => ({
  channel: `room:${name}`,
  name,
  private: false,
  members: 1,
  joined: false,
});

function setUp() {
  const client = new FakeClient('me');
  client.rooms = [room('apple'), ...Array.from({ length: 120 }, (_, i) => room(`pear-${i}`))];
  const timers = new FakeTimers();
  const search = new RoomSearch(() => client, timers);
  return { client, timers, search, names: () => search.get().rooms.map(({ name }) => name) };
}

test('asks at once for the first, and then once one stops typing', async () => {
  const { client, timers, search, names } = setUp();
  search.search('');
  await timers.pass(0);
  expect(search.get()).toMatchObject({ more: true, loading: false });
  for (const typed of ['a', 'ap', 'app']) search.search(typed);
  expect(search.get().loading).toBe(true);
  await timers.pass(150);
  expect(names()).toEqual(['apple']);
  expect(search.get()).toMatchObject({ more: false, loading: false });
  expect(client.calls.map(({ params }) => (params as { query: string }).query)).toEqual(['', 'app']);
});

test('gives page after page', async () => {
  const { timers, search, names } = setUp();
  search.search('pear');
  await timers.pass(0);
  expect(names()).toHaveLength(50);
  search.more();
  search.more();
  await timers.pass(0);
  expect(names()).toHaveLength(100);
  search.more();
  await timers.pass(0);
  expect(names()).toHaveLength(120);
  expect(search.get().more).toBe(false);
});

test('passes over what comes late of an earlier search, and says what went wrong', async () => {
  const { client, timers, search, names } = setUp();
  let release = (): void => {};
  const answered = client.call.bind(client);
  client.call = async (name, params) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return answered(name, params);
  };
  search.search('pear');
  await timers.pass(0);
  const late = release;
  client.call = answered;
  client.refusals.set('room.list', 'unavailable');
  search.search('apple');
  await timers.pass(150);
  late();
  await timers.pass(0);
  expect(names()).toEqual([]);
  expect(search.get()).toMatchObject({ error: 'unavailable', loading: false });
});

test('asks nothing more once it is closed', async () => {
  const { client, timers, search } = setUp();
  search.search('a');
  search.close();
  await timers.pass(1_000);
  expect(client.calls).toEqual([]);
});
