import { expect, test } from 'vitest';
import { hasSignedIn, UserMemberships } from '../../src/chat/user-memberships.js';

const fact = (channel: string, id: number, value = '') => ({ key: `b/ada/${channel}`, value, id });
const make = (watched = () => {}) => new UserMemberships({ fold: 'ada', feed: 'user:Ada' }, watched);

test('begin with the own feed, and say from where each conversation counts', () => {
  const memberships = make();
  memberships.replace([fact('direct:Ada,Bob', 3), fact('room:Tea', 7, 'owner')]);
  expect([...memberships.channels]).toEqual([
    ['user:Ada', 0],
    ['direct:Ada,Bob', 0],
    ['room:Tea', 7],
  ]);
  expect(memberships.size).toBe(2);
  expect(memberships.get('room:Tea')).toEqual({
    channel: 'room:Tea',
    role: 'owner',
    condition: { key: 'b/ada/room:Tea', id: 7 },
  });
  expect(memberships.get('user:Ada')).toBeUndefined();
  expect(hasSignedIn(memberships)).toBe(false);
  memberships.put(fact('room:lobby', 9, 'member'));
  expect(hasSignedIn(memberships)).toBe(true);
});

test('tell those who watch of what is new, of what counts from elsewhere, and of what is gone', () => {
  const memberships = make();
  memberships.put(fact('room:Tea', 1, 'member'));
  memberships.tell();
  const heard: [string, number | undefined][] = [];
  const end = memberships.watch((channel, from) => heard.push([channel, from]));
  memberships.put(fact('room:Open', 2, 'member'));
  memberships.put(fact('direct:Ada,Bob', 3));
  expect(heard).toEqual([]);
  memberships.tell();
  memberships.remove('b/ada/room:Tea');
  memberships.put(fact('room:Tea', 5, 'member'));
  memberships.put(fact('direct:Ada,Bob', 6));
  memberships.tell();
  memberships.replace([fact('room:Tea', 5, 'member')]);
  memberships.remove('b/ada/never');
  memberships.tell();
  expect(heard).toEqual([
    ['room:Open', 2],
    ['direct:Ada,Bob', 0],
    ['room:Tea', undefined],
    ['room:Tea', 5],
    ['room:Open', undefined],
    ['direct:Ada,Bob', undefined],
  ]);
  end();
  memberships.put(fact('room:Last', 8));
  memberships.tell();
  expect(heard).toHaveLength(6);
});

test('are complete by the time they tell of a change', () => {
  const memberships = make();
  const seen: string[][] = [];
  memberships.watch(() => seen.push([...memberships.channels.keys()]));
  memberships.put(fact('room:a', 1));
  memberships.put(fact('room:b', 2));
  memberships.tell();
  expect(seen).toEqual(Array.from({ length: 2 }, () => ['user:Ada', 'room:a', 'room:b']));
});

test('tell nobody who has ended, nor who begins while others are told, and twice who watches twice', () => {
  const memberships = make();
  const heard: string[] = [];
  const twice = () => heard.push('twice');
  memberships.watch(twice);
  memberships.watch(() => {
    end();
    memberships.watch(() => heard.push('late'));
  });
  const end = memberships.watch(() => heard.push('ended'));
  memberships.watch(twice);
  memberships.put(fact('room:a', 1));
  memberships.tell();
  expect(heard).toEqual(['twice', 'twice']);
});

test('say when the first begins to watch, and when the last has ended', () => {
  const changes: boolean[] = [];
  const memberships: UserMemberships = make(() => changes.push(memberships.watched));
  const ends = [memberships.watch(() => {}), memberships.watch(() => {})];
  for (const end of [...ends, ...ends]) end();
  expect(changes).toEqual([true, false]);
});

test('weigh more the more there are', () => {
  const memberships = make();
  const empty = memberships.bytes;
  memberships.put(fact('room:a', 1));
  memberships.put(fact('room:a', 2));
  const one = memberships.bytes;
  expect(one).toBeGreaterThan(empty);
  memberships.remove('b/ada/room:a');
  expect(memberships.bytes).toBe(empty);
});
