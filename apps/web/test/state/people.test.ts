import { expect, test } from 'vitest';
import { PeopleStore } from '../../src/state/people.js';
import { FakeClient } from '../support/fake-client.js';

test('asks some of the members of each room, passing over what cannot be asked', async () => {
  const client = new FakeClient('me');
  client.memberLists.set('room:b', [{ user: 'bob', role: 'member', present: false, seen: 5 }]);
  const people = new PeopleStore();
  const call: FakeClient['call'] = (name, params) => {
    if ((params as { channel: string }).channel === 'room:a') throw new Error('no');
    return client.call(name, params);
  };
  await people.ask({ call }, ['room:a', 'room:b']);
  expect([...people.get().values()]).toEqual([{ name: 'bob', seen: 5 }]);
});

test('asks of a bounded number of rooms, and keeps a bounded number of people', async () => {
  const client = new FakeClient('me');
  const people = new PeopleStore();
  await people.ask(
    client,
    Array.from({ length: 100 }, (_, i) => `room:${i}`),
  );
  expect(client.calls).toHaveLength(20);
  people.met(Array.from({ length: 2_000 }, (_, i) => ({ name: `p${i}`, seen: undefined })));
  expect(people.get().size).toBe(1_000);
});

test('knows when someone was last here, and tells nobody when nothing is new', () => {
  const people = new PeopleStore();
  people.met([{ name: 'ada', seen: 1 }]);
  let told = 0;
  people.subscribe(() => {
    told++;
  });
  people.met([{ name: 'ada', seen: undefined }]);
  people.met([{ name: 'ada', seen: 1 }]);
  expect(told).toBe(0);
  people.met([{ name: 'ada', seen: 2 }]);
  expect([told, people.get().get('ada')!.seen]).toEqual([1, 2]);
});
