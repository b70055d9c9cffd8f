import { expect, test } from 'vitest';
import { Directory } from '../../src/chat/directory.js';
import { TestLog } from './fixtures.js';

const empty = () => Directory.load(new TestLog());

test('finds users by any spelling, and conversations by their known one', async () => {
  const directory = await empty();
  const ada = directory.addUser('Ada');
  const bob = directory.addUser('bob');
  expect(directory.user('aDA')).toBe(ada);
  expect(directory.user('nobody')).toBeUndefined();
  const direct = directory.addDirect(bob, ada);
  expect(direct.channel).toBe('direct:Ada,bob');
  expect(direct.users).toEqual([ada, bob]);
  expect(directory.direct(ada, bob)).toBe(direct);
  expect(directory.conversation('direct:Ada,bob')).toBe(direct);
  expect(directory.conversation('direct:bob,Ada')).toBeUndefined();
});

test('takes back what was added', async () => {
  const directory = await empty();
  const ada = directory.addUser('ada');
  const room = directory.addRoom({ name: 'Tea', private: false, owner: ada, provisional: false });
  directory.addMember(room, ada, 'owner');
  const direct = directory.addDirect(ada, ada);
  expect([...ada.conversations.keys()]).toEqual(['room:Tea', 'direct:ada,ada']);
  expect(ada.roomsMade).toBe(1);
  directory.removeRoom(room);
  directory.removeDirect(direct);
  expect(ada.conversations.size).toBe(0);
  expect(ada.roomsMade).toBe(0);
  expect(directory.room('tea')).toBeUndefined();
  expect(directory.conversation('room:Tea')).toBeUndefined();
  directory.removeUser(ada);
  expect(directory.user('ada')).toBeUndefined();
  expect(directory.userCount).toBe(0);
});

test('loads what belongs together, and leaves out what has lost its other half', async () => {
  const log = new TestLog();
  const facts = [
    ['u/ada', 'Ada'],
    ['r/tea', '{"name":"Tea","owner":"ada","private":true}'],
    ['m/tea/ada', 'owner'],
    ['m/tea/gone', 'member'],
    ['m/gone/ada', 'member'],
    ['d/ada,ada', ''],
    ['d/ada,gone', ''],
    ['p/ada/room:Tea', '3'],
    ['h/ada/room:Tea', '5'],
    ['p/gone/room:Tea', '3'],
  ].map(([key = '', value = '']) => ({ key, value }));
  await log.append({ records: [], facts });
  const directory = await Directory.load(log);
  const ada = directory.user('ada')!;
  expect([...ada.conversations.keys()]).toEqual(['room:Tea', 'direct:Ada,Ada']);
  expect(directory.room('tea')).toMatchObject({ name: 'Tea', private: true, owner: ada, provisional: false });
  expect([...directory.room('tea')!.members]).toEqual([[ada, 'owner']]);
  expect(directory.positions(ada, 'room:Tea')).toEqual({ read: 3, handed: 5 });
  expect(directory.positions(ada, 'room:lobby')).toEqual({ read: 0, handed: 0 });
});
