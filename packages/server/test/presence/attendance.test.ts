import { beforeEach, describe, expect, test } from 'vitest';
import { SEAT_HERE, SEAT_LEAVING } from '../../src/broker/broker.js';
import { Attendance, type OwnUser } from '../../src/presence/attendance.js';
import { lease } from './nodes.js';

let told: string[];
let attendance: Attendance;

beforeEach(() => {
  told = [];
  attendance = new Attendance('b', {
    counted: (channel, clients, users) => told.push(`${channel || '*'} ${clients} ${users}`),
    moved: (user) => told.push(`moved ${user.name}`),
    seated: () => {},
    turned: (user, channel, seat) => told.push(`turned ${user.name} ${channel || '*'} ${seat.clients}`),
  });
});

const noone = (): void => {};

function see(user: OwnUser, node: string, channel: string, flags: number, ...clients: string[]): void {
  let view = user.views.get(node);
  if (view === undefined) user.views.set(node, (view = { arrival: 1, telling: 0, seats: new Map() }));
  view.seats.set(channel, { flags, clients: new Set(clients) });
  attendance.recount(user, channel);
}

describe('attendance', () => {
  test('tells of what changes: who is here, what counts, and where somebody came first or left last', () => {
    const one = attendance.add(lease('1', 'ada'), noone);
    attendance.enter(one, 'room');
    attendance.enter(one, 'room');
    const two = attendance.add(lease('2', 'ada'), noone);
    attendance.enter(two, 'room');
    expect(told).toEqual([
      'moved ada',
      '* 1 0',
      '* 0 1',
      'turned ada * 1',
      'room 1 0',
      'room 0 1',
      'turned ada room 1',
      '* 1 0',
      'room 1 0',
    ]);
    told = [];
    attendance.remove(one);
    attendance.exit(two, 'room');
    attendance.exit(two, 'room');
    expect(told).toEqual(['room -1 0', '* -1 0', 'room -1 0', 'room 0 -1', 'turned ada room 0']);
    expect(attendance.counts('room')).toEqual({ clients: 0, users: 0 });
    expect(attendance.counts('')).toEqual({ clients: 1, users: 1 });
  });

  test('keeps a seat that was left until it is dropped, and with the last one the user', () => {
    const client = attendance.add(lease('1', 'ada'), noone);
    attendance.enter(client, 'room');
    attendance.remove(client);
    const user = attendance.user('ada')!;
    expect([...user.seats.keys()]).toEqual(['', 'room']);
    attendance.drop(user, 'room');
    expect(attendance.user('ada')).toBe(user);
    told = [];
    attendance.drop(user, '');
    expect(told).toEqual(['moved ada']);
    expect(attendance.user('ada')).toBe(undefined);
    // Who comes now comes anew.
    expect(attendance.add(lease('1', 'ada'), noone).user.arrival).toBeGreaterThan(user.arrival);
  });

  test('leaves to a node with a smaller id whom both have, and to no other', () => {
    const client = attendance.add(lease('1', 'ada'), noone);
    attendance.enter(client, 'room');
    const { user } = client;
    see(user, 'c', 'room', SEAT_HERE, '1');
    expect(attendance.counts('room')).toEqual({ clients: 1, users: 1 });
    see(user, 'a', 'other', SEAT_HERE, '1');
    expect(attendance.counts('room')).toEqual({ clients: 1, users: 1 });
    see(user, 'a', 'room', SEAT_HERE, '2');
    expect(attendance.counts('room')).toEqual({ clients: 1, users: 0 });
    see(user, 'a', 'room', SEAT_HERE, '1');
    expect(attendance.counts('room')).toEqual({ clients: 0, users: 0 });
    expect(attendance.clientCount('room')).toBe(1);
    see(user, 'a', 'room', SEAT_LEAVING);
    expect(attendance.counts('room')).toEqual({ clients: 1, users: 1 });
  });

  test('lists who is there, each client or one of each user, and no more than asked for', () => {
    for (const [id, user] of [
      ['1', 'ada'],
      ['2', 'ada'],
      ['3', 'bob'],
    ] as const) {
      attendance.enter(attendance.add(lease(id, user), noone), 'room');
    }
    const names = (limit: number, each: 'client' | 'user'): string[] =>
      [...attendance.first('room', limit, each).values()].map(({ client }) => client);
    expect(names(10, 'client')).toEqual(['1', '2', '3']);
    expect(names(2, 'client')).toEqual(['1', '2']);
    expect(names(10, 'user')).toEqual(['1', '3']);
    expect(names(1, 'user')).toEqual(['1']);
    expect(attendance.isIn('room', 'bob')).toBe(true);
    expect(attendance.isIn('other', 'bob')).toBe(false);
    attendance.clear();
    expect(names(10, 'client')).toEqual([]);
    expect(attendance.size).toBe(0);
  });
});
