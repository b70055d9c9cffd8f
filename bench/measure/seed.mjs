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
const insert = db.prepare('INSERT OR REPLACE INTO fact (key, value) VALUES (?, ?)');

/** @param {Iterable<[key: string, value: string]>} facts */
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

const facts = {
  *memberships() {
    for (const [room, names] of members)
      for (const user of names) yield/** @type {[string, string]} */ ([`m/${room}/${user}`, 'member']);
  },
  *positions() {
    for (const [user, own] of belongings)
      for (const room of own) yield/** @type {[string, string]} */ ([`p/${user}/room:${room}`, '1']);
  },
  *rooms() {
    for (const name of roomNames)
      yield/** @type {[string, string]} */ ([`r/${name}`, JSON.stringify({ name })]);
  },
  *users() {
    for (const name of userNames) yield/** @type {[string, string]} */ ([`u/${name}`, name]);
  },
};
for (const some of Object.values(facts)) insertAll(some());
db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
db.close();
