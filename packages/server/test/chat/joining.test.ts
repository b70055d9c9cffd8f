import { beforeEach, expect, test } from 'vitest';
import type { Context } from '../../src/chat/context.js';
import { FactCache } from '../../src/chat/fact-cache.js';
import { joinedRecord, joining, leaving } from '../../src/chat/joining.js';
import { TestLog } from './fixtures.js';

const room = { channel: 'room:Tea', fold: 'tea' };
const user = (name: string) => ({ name, fold: name.toLowerCase(), feed: `user:${name}` });
const condition = { key: 'b/ada/room:Tea', id: 7 };

let context: Context;
beforeEach(async () => {
  const facts = new FactCache({ log: new TestLog(), maxBytes: 10_000 });
  await facts.load(['n/room:Tea']);
  context = { facts, limits: { maxMembersTold: 1 } } as unknown as Context;
});

test('joining tells the own feed before the room, and changes both keys and both counts', () => {
  const { records, facts, when } = joining(context, room, user('Ada'), 'owner');
  expect(records.map(({ channel }) => channel)).toEqual(['user:Ada', 'room:Tea']);
  expect(facts).toEqual([
    { key: 'm/tea/ada', value: 'owner' },
    { key: 'b/ada/room:Tea', value: 'owner' },
    { key: 'n/room:Tea', add: 1 },
    { key: 'k/ada', add: 1 },
  ]);
  expect(when).toEqual([{ key: 'b/ada/room:Tea', id: 0 }]);
});

test('leaving is the reverse, by right of the membership that ends', () => {
  const membership = { channel: room.channel, role: 'owner', condition } as const;
  const { records, facts, when } = leaving(context, room, user('Ada'), membership);
  expect(records.map(({ channel }) => channel)).toEqual(['user:Ada', 'room:Tea']);
  expect(facts).toEqual([
    { key: 'm/tea/ada', value: null },
    { key: 'b/ada/room:Tea', value: null },
    { key: 'n/room:Tea', add: -1 },
    { key: 'k/ada', add: -1 },
  ]);
  expect(when).toEqual([condition]);
});

test('a room of many is told nothing', () => {
  const id = 1;
  const changes = [{ key: 'n/room:Tea', value: '1' }];
  context.facts.changed({ id, offset: 1, channel: 'c', sender: 's', data: '{}', time: 0, changes });
  const { records } = joining(context, room, user('Ada'), 'member', user('Bob'));
  expect(records.map(({ channel }) => channel)).toEqual(['user:Ada']);
});

test('who joined by another is told so, and the record is from that other', () => {
  const ada = user('Ada');
  expect(joinedRecord('room:Tea', 'room:Tea', ada, user('Bob'))).toEqual({
    channel: 'room:Tea',
    sender: 'Bob',
    data: '{"type":"joined","user":"Ada","channel":"room:Tea","by":"Bob"}',
  });
  expect(JSON.parse(joinedRecord('room:Tea', 'room:Tea', ada, ada).data)).not.toHaveProperty('by');
});
