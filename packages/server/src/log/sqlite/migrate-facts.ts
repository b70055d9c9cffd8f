/**
 * The facts of the first format as those of the present one: the one place beside the chat that knows how facts are
 * spelled, and the only one that knows how they were. It works on a database under construction, whose records are there,
 * with the old file attached as `old` and an empty one, for what lies between, as `work`.
 *
 * The first format had u/USER (a name), r/ROOM, m/ROOM/USER, d/USER,USER, p/USER/CHANNEL, h/USER/CHANNEL and
 * x/CHANNEL/OFFSET. What was deleted, and edits that others took the place of, lose their text on the way.
 */
import { directChannel } from '@fullduplex/wire';
import type Database from 'libsql';
import { prepareRows } from './schema.js';

/** Of what nobody can say when it was made. */
const UNKNOWN_ID = 1;
const DELETED = '{"type":"deleted"}';
const PAGE = 1000;

export function migrateFacts(db: Database.Database): void {
  readPeople(db);
  readDirects(db);
  readAnnotations(db);
  db.exec(PEOPLE);
  db.exec(COUNTS);
  db.exec(ANNOTATIONS);
}

/** Users, rooms, and who belongs to which since when: since the last record that tells of it, if it is still there. */
function readPeople(db: Database.Database): void {
  db.exec(`
    CREATE TABLE work.user (fold TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO work.user SELECT substr(key, 3), value FROM old.fact WHERE ${under('u/')};
    CREATE TABLE work.room (fold TEXT PRIMARY KEY, name TEXT NOT NULL, channel TEXT NOT NULL, json TEXT NOT NULL)
      WITHOUT ROWID;
    INSERT INTO work.room
      SELECT substr(key, 3), value ->> 'name', 'room:' || (value ->> 'name'), value
      FROM old.fact WHERE ${under('r/')};
    CREATE TABLE work.joined (channel TEXT, name TEXT, id INTEGER NOT NULL, PRIMARY KEY (channel, name)) WITHOUT ROWID;
    INSERT INTO work.joined
      SELECT c.name, r.data ->> 'user', max(r.id) FROM record AS r CROSS JOIN channel AS c ON c.id = r.channel
      WHERE ${isOf('joined')} AND substr(c.name, 1, 5) = 'room:' AND r.data ->> 'user' IS NOT NULL GROUP BY 1, 2;
    CREATE TABLE work.member (
      user TEXT, channel TEXT, room TEXT, role TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (user, channel)
    ) WITHOUT ROWID;
    INSERT INTO work.member
      SELECT user.fold, room.channel, room.fold, m.role, coalesce(joined.id, ${UNKNOWN_ID}) FROM (
        SELECT substr(key, 3, instr(substr(key, 3), '/') - 1) AS room,
          substr(key, 3 + instr(substr(key, 3), '/')) AS user, value AS role
        FROM old.fact WHERE ${under('m/')}
      ) AS m
      CROSS JOIN work.room AS room ON room.fold = m.room CROSS JOIN work.user AS user ON user.fold = m.user
      LEFT JOIN work.joined AS joined ON joined.channel = room.channel AND joined.name = user.name;
  `);
}

/** How a direct conversation's channel is spelled is not for SQL to say. */
function readDirects(db: Database.Database): void {
  const page = prepareRows(
    db,
    `SELECT d.key, a.fold, a.name, b.fold, b.name FROM old.fact AS d
      CROSS JOIN work.user AS a ON a.fold = substr(d.key, 3, instr(d.key, ',') - 3)
      CROSS JOIN work.user AS b ON b.fold = substr(d.key, instr(d.key, ',') + 1)
      WHERE d.key > ? AND d.key < 'd0' ORDER BY d.key LIMIT ${PAGE}`,
  );
  const add = db.prepare(
    `INSERT OR IGNORE INTO work.member (user, channel, role, id) VALUES (?, ?, '', ${UNKNOWN_ID})`,
  );
  type Row = [key: string, fold: string, name: string, otherFold: string, otherName: string];
  for (let last = 'd/'; ; ) {
    const rows = page.all(last) as Row[];
    for (const [, fold, name, otherFold, otherName] of rows) {
      const channel = directChannel(name, otherName);
      add.run(fold, channel);
      add.run(otherFold, channel);
    }
    if (rows.length < PAGE) return;
    last = rows.at(-1)![0];
  }
}

/** Which messages were deleted, and which edits there are of which. */
function readAnnotations(db: Database.Database): void {
  db.exec(`
    CREATE TABLE work.deleted (channel INTEGER, offset INTEGER, PRIMARY KEY (channel, offset)) WITHOUT ROWID;
    INSERT OR IGNORE INTO work.deleted
      SELECT c.id, CAST(substr(x.key, length(x.stem) + 1) AS INTEGER) FROM (
        SELECT key, rtrim(key, '0123456789') AS stem FROM old.fact WHERE ${under('x/')}
      ) AS x CROSS JOIN channel AS c ON c.name = substr(x.stem, 3, length(x.stem) - 3);
    CREATE TABLE work.edit (channel INTEGER, offset INTEGER, id INTEGER, PRIMARY KEY (channel, offset, id)) WITHOUT ROWID;
    INSERT INTO work.edit
      SELECT r.channel, r.data ->> 'offset', r.id FROM record AS r
      WHERE ${isOf('edit')} AND r.data ->> 'offset' IS NOT NULL;
  `);
}

const PEOPLE = `
  INSERT INTO fact SELECT 'u/' || fold, json_object('name', name), ${UNKNOWN_ID} FROM work.user;
  INSERT INTO fact SELECT 'r/' || fold, json, ${UNKNOWN_ID} FROM work.room;
  INSERT INTO fact SELECT 'l/' || fold, name, ${UNKNOWN_ID} FROM work.room
    WHERE coalesce(json ->> 'private', 0) = 0;
  INSERT INTO fact SELECT 'm/' || room || '/' || user, role, id FROM work.member WHERE room IS NOT NULL;
  INSERT INTO fact SELECT 'b/' || user || '/' || channel, role, id FROM work.member;
  INSERT INTO fact SELECT key, value, ${UNKNOWN_ID} FROM old.fact
    WHERE ${under('d/')} OR ${under('p/')} OR ${under('h/')} OR ${under('x/')};
`;

const COUNTS = `
  INSERT INTO fact SELECT 'n/' || channel, count(*), ${UNKNOWN_ID} FROM work.member WHERE room IS NOT NULL GROUP BY channel;
  INSERT INTO fact SELECT 'k/' || user, count(*), ${UNKNOWN_ID} FROM work.member GROUP BY user;
  INSERT INTO fact SELECT 'o/' || (json ->> 'owner'), count(*), ${UNKNOWN_ID} FROM work.room
    WHERE json ->> 'owner' IS NOT NULL GROUP BY json ->> 'owner';
  INSERT INTO fact SELECT 'c/users', number, ${UNKNOWN_ID} FROM (SELECT count(*) AS number FROM work.user)
    WHERE number > 0;
`;

const ANNOTATIONS = `
  INSERT INTO fact SELECT 'e/' || c.name || '/' || e.offset, '', max(e.id) FROM work.edit AS e
    CROSS JOIN channel AS c ON c.id = e.channel
    WHERE NOT EXISTS (SELECT 1 FROM work.deleted AS d WHERE d.channel = e.channel AND d.offset = e.offset)
    GROUP BY e.channel, e.offset;
  UPDATE record SET data = '${DELETED}', redacted = 1 WHERE id IN (
    SELECT r.id FROM work.deleted AS d CROSS JOIN record AS r ON r.channel = d.channel AND r.offset = d.offset
  );
  UPDATE record SET data = '${DELETED}', redacted = 1 WHERE id IN (
    SELECT e.id FROM work.edit AS e WHERE
      EXISTS (SELECT 1 FROM work.deleted AS d WHERE d.channel = e.channel AND d.offset = e.offset)
      OR EXISTS (SELECT 1 FROM work.edit AS n WHERE n.channel = e.channel AND n.offset = e.offset AND n.id > e.id)
  );
`;

/** That a fact's key begins with the prefix, which ends with a slash. */
function under(prefix: string): string {
  return `(key >= '${prefix}' AND key < '${prefix.slice(0, -1)}0')`;
}

/** That a record's data are of the type, as this server has spelled it. */
function isOf(type: string): string {
  const start = `{"type":"${type}"`;
  return `substr(r.data, 1, ${start.length}) = '${start}'`;
}
