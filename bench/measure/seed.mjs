/**
 * Puts a world of users, rooms, memberships and read positions straight into the file of a log that a server has made
 * and closed. The one place of the benchmark that knows how the server keeps its facts.
 *
 * `node seed.mjs FOLDER '{"users":…,"rooms":…,"roomsEach":…}'`
 */
import { join } from 'node:path';
import Database from 'libsql';
import { roomOf, userName } from '../load/names.mjs';

const [, , folder = '', shape = '{}'] = process.argv;
/** @type {{ users: number, rooms: number, roomsEach: number }} */
const { users, rooms, roomsEach } = JSON.parse(shape);

/** Rows of one transaction; what is inserted in the order of its keys is appended to the tree. */
const BATCH = 500_000;

const db = new Database(join(folder, 'log.db'));
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
// A fact bears the id of the append that changed it: the first, which is there.
const insert = db.prepare('INSERT OR REPLACE INTO fact (key, value, id) VALUES (?, ?, 1)');

/** @typedef {[key: string, value: string]} Fact */

/** @param {Iterable<Fact>} facts */
const insertAll = (facts) => {
  let pending = 0;
  db.exec('BEGIN');
  for (const [key, value] of facts) {
    insert.run(key, value);
    if (++pending % BATCH === 0) db.exec('COMMIT; BEGIN');
  }
  db.exec('COMMIT');
};

const roomName = (/** @type {number} */ number) => roomOf(number).slice('room:'.length);
/** The n-th room of a user: rooms are spread, and none is named twice. */
const roomOfUser = (/** @type {number} */ user, /** @type {number} */ nth) =>
  (user * roomsEach + nth) % rooms;
/** The numbers below a count in the order of their names. */
const byName = (/** @type {number} */ count, /** @type {(number: number) => string} */ nameOf) =>
  Array.from({ length: count }, (_, number) => nameOf(number)).sort();

const userNames = byName(users, userName);
const roomNames = byName(rooms, roomName);

/** The members of each room, in the order of their names. @type {Map<string, string[]>} */
const members = new Map(roomNames.map((name) => [name, []]));
/** @type {[user: string, rooms: string[]][]} */
const belongings = userNames.map((name) => {
  const user = Number(name.slice(name.lastIndexOf('-') + 1));
  const own = Array.from({ length: roomsEach }, (_, nth) => roomName(roomOfUser(user, nth))).sort();
  for (const room of own) members.get(room)?.push(name);
  return [name, own];
});

/**
 * @param {Iterable<string>} names
 * @param {(name: string) => Fact} factOf
 * @returns {Generator<Fact>}
 */
function* each(names, factOf) {
  for (const name of names) yield factOf(name);
}

/**
 * @param {Iterable<[string, string[]]>} all
 * @param {(one: string, other: string) => Fact} factOf
 * @returns {Generator<Fact>}
 */
function* pairs(all, factOf) {
  for (const [one, others] of all) for (const other of others) yield factOf(one, other);
}

const memberships = pairs(members, (room, user) => [`m/${room}/${user}`, 'member']);
const positions = pairs(belongings, (user, room) => [`p/${user}/room:${room}`, '1']);
const madeRooms = each(roomNames, (room) => [`r/${room}`, JSON.stringify({ name: room })]);

/** In the order of their keys. @type {Iterable<Fact>[]} */
const facts = [
  pairs(belongings, (user, room) => [`b/${user}/room:${room}`, 'member']),
  [['c/users', String(users)]],
  each(userNames, (user) => [`k/${user}`, String(roomsEach)]),
  each(roomNames, (room) => [`l/${room}`, room]),
  memberships,
  each(roomNames, (room) => [`n/room:${room}`, String(members.get(room)?.length ?? 0)]),
  positions,
  madeRooms,
  each(userNames, (user) => [`u/${user}`, JSON.stringify({ name: user })]),
];
for (const some of facts) insertAll(some);
db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
db.close();
