/** What becomes of a log in PostgreSQL when PostgreSQL, or the way to it, fails. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import type { TailRecord } from '../../../src/log/log.js';
import { LogError } from '../../../src/log/log.js';
import { OrderedLog } from '../../../src/log/ordered-log.js';
import { PostgresStorage } from '../../../src/log/postgres/postgres-storage.js';
import { later, record } from '../fixtures.js';
import { type Listening, listen } from '../subject.js';
import { type OpenOptions, open, optionsOf } from './open.js';
import { startProxy, through } from './tcp-proxy.js';

// A server of its own takes a while on a busy machine.
let server: PostgresServer;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  url = await server.createDatabase();
});

async function openLog(options: OpenOptions): Promise<OrderedLog> {
  const log = new OrderedLog(await PostgresStorage.open(optionsOf(options)), later);
  onTestFinished(() => log.close());
  return log;
}

/** What the database itself has, by id. */
const stored = (): Promise<Record<string, unknown>[]> =>
  server.query('SELECT id::integer, key, data FROM fullduplex.record ORDER BY id', [], url);

/** Resolves once the query, asked again and again, answers with a row. */
async function eventually(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>> {
  for (;;) {
    const [row] = await server.query(text, values, url);
    if (row !== undefined) return row;
    await pause(10);
  }
}

describe('a commit of which nobody knows', () => {
  test('is not acknowledged when its connection dies, and its retry is harmless', async () => {
    const storage = await open({ url, durability: 'disk' });
    const blocker = await open({ url });
    // What holds the lock holds up the commit.
    const writer = blocker.client.dedicated();
    await writer.query('BEGIN');
    await writer.query(`SELECT pg_advisory_xact_lock(7073, hashtext('fullduplex'))`);
    const append = { records: [record('room:a', 'x', 'key')] };
    const commit = storage.commit([append]);
    const failed = expect(commit).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await eventually(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE wait_event = 'advisory' AND query LIKE '%commit_batch%' AND datname = current_database()`,
    );
    await failed;
    await writer.query('ROLLBACK');
    expect((await storage.commit([append])).outcomes).toMatchObject([[{ id: 1, duplicate: false }]]);
    expect((await storage.commit([append])).outcomes).toMatchObject([[{ id: 1, duplicate: true }]]);
    expect(await stored()).toHaveLength(1);
  });

  test('is not acknowledged when the waiting for its standbys was broken off', async () => {
    const storage = await open({ url, durability: 'disk' });
    await storage.commit([{ records: [record('room:a', '1')] }]);
    const standbys = async (names: string) => {
      await server.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
      await server.query('SELECT pg_reload_conf()');
    };
    await standbys('nobody');
    try {
      const append = { records: [record('room:a', '2', 'key')] };
      const commit = storage.commit([append]);
      const failed = expect(commit).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('standbys'),
      });
      await eventually(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%commit_batch%'`,
      );
      await failed;
      // It is in the order all the same: those who follow are told, and the retry is a duplicate.
      await standbys('');
      const log = new OrderedLog(storage, later);
      await log.catchUp();
      expect(log.position).toBe(2);
      expect((await storage.commit([append])).outcomes).toMatchObject([[{ id: 2, duplicate: true }]]);
    } finally {
      await standbys('');
    }
  });

  test('what was committed before it in the same batch is acknowledged', async () => {
    const storage = await open({ url });
    await server.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$;
       CREATE TRIGGER refuse AFTER INSERT ON fullduplex.record FOR EACH ROW WHEN (new.id > 1) EXECUTE FUNCTION refuse()`,
      [],
      url,
    );
    const [first, second] = (
      await storage.commit([
        { records: [record('room:a', '1', 'key')], facts: [{ key: 'f', value: 'x' }] },
        { records: [record('room:a', '2')], when: [{ key: 'f', id: 1 }] },
      ])
    ).outcomes;
    expect(first).toMatchObject([{ id: 1 }]);
    expect(second).toMatchObject({ code: 'unavailable', message: expect.stringContaining('no more') });
    await expect(storage.commit([{ records: [record('room:a', '2')] }])).rejects.toBeInstanceOf(LogError);
  });
});

test('a stalled connection is given up, and the log goes on over another', async () => {
  const proxy = await startProxy(server.port);
  const log = await openLog({ url: through(proxy, url), timeout: 300, maxConnections: 3 });
  await log.append({ records: [record('room:a', '1')] });
  proxy.stall();
  await expect(log.append({ records: [record('room:a', '2', 'key')] })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('no answer within 300 ms'),
  });
  await expect(log.facts(['f'])).rejects.toMatchObject({ code: 'unavailable' });
  proxy.resume();
  await retried(() => log.append({ records: [record('room:a', '2', 'key')] }));
  expect(await stored()).toMatchObject([{ id: 1 }, { id: 2, key: 'key' }]);
});

test('appends fail while PostgreSQL is away, and readers read on from memory', async () => {
  const failures: unknown[] = [];
  const log = await openLog({ url, failed: (error) => failures.push(error) });
  await log.append({ records: [record('room:a', '1')] });
  await server.shutDown();
  await expect(log.append({ records: [record('room:a', '2')] })).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
  expect((await log.read({ channel: 'room:a', limit: 10 })).records).toHaveLength(1);
  await expect(log.read({ channel: 'room:b', limit: 10 })).rejects.toMatchObject({ code: 'unavailable' });
  while (failures.length === 0) await pause(10);
  await server.start();
  await retried(() => log.append({ records: [record('room:a', '2', 'key')] }));
  expect(log.position).toBe(2);
  expect(failures).toHaveLength(1);
});

test('killed and started again under load: nothing acknowledged is lost, nobody is told out of order', async () => {
  const logs = await Promise.all([1, 2, 3].map(() => openLog({ url, durability: 'disk', timeout: 2000 })));
  const followers = logs.map((log) => listen(log));
  const acknowledged = new Map<string, number>();
  let sending = true;
  const send = async (sender: number): Promise<void> => {
    const log = logs[sender % logs.length]!;
    for (let nth = 0; sending; nth++) {
      const key = `${sender}-${nth}`;
      const appended = await retried(() =>
        log.append({
          records: [{ channel: `room:${nth % 3}`, sender: 'ada', key, data: `"${key}"` }],
          facts: [{ key: 'count', add: 1 }],
        }),
      );
      acknowledged.set(key, appended[0]!.id);
    }
  };
  const senders = Array.from({ length: 12 }, (_, sender) => send(sender));
  for (let kills = 1; kills <= 3; kills++) {
    const before = acknowledged.size;
    while (acknowledged.size < before + 60) await pause(5);
    await server.kill();
    await server.start();
  }
  const before = acknowledged.size;
  while (acknowledged.size < before + 60) await pause(5);
  sending = false;
  await Promise.all(senders);

  const rows = await stored();
  expect(rows.map(({ id }) => id)).toEqual(rows.map((_, index) => index + 1));
  const ids = new Map(rows.map(({ key, id }) => [key as string, id as number]));
  expect(ids.size).toBe(rows.length);
  for (const [key, id] of acknowledged) expect(ids.get(key)).toBe(id);
  const { facts } = await logs[0]!.facts(['count']);
  expect(Number(facts[0]?.value)).toBe(rows.length);
  // `listen` has held each of them to its order, and to leaving nothing out.
  for (const [index, log] of logs.entries()) {
    await log.catchUp();
    expect(keysOf(followers[index]!)).toEqual(rows.map(({ key }) => key));
  }
});

test('a way that is cut again and again loses nothing', async () => {
  const proxy = await startProxy(server.port);
  const near = await openLog({ url: through(proxy, url), durability: 'disk' });
  const far = await openLog({ url });
  const follower = listen(far);
  const keys = Array.from({ length: 40 }, (_, index) => `${index}`);
  for (const key of keys) {
    const append = retried(() => near.append({ records: [record('room:a', key, key)] }));
    if (Number(key) % 4 === 0) proxy.cut();
    await append;
  }
  await far.catchUp();
  expect(keysOf(follower)).toEqual(keys);
});

test('what is cancelled is taken for unknown, and the next is not', async () => {
  const storage = await open({ url });
  const blocker = storage.client.dedicated();
  await blocker.query('BEGIN');
  await blocker.query(`SELECT pg_advisory_xact_lock(7073, hashtext('fullduplex'))`);
  const commit = storage.commit([{ records: [record('room:a', '1')] }]);
  const failed = expect(commit).rejects.toMatchObject({ code: 'unavailable' });
  await eventually(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
     WHERE wait_event = 'advisory' AND query LIKE '%commit_batch%' AND datname = current_database()`,
  );
  await failed;
  await blocker.query('ROLLBACK');
  expect((await storage.commit([{ records: [record('room:a', '1')] }])).outcomes).toMatchObject([
    [{ id: 1 }],
  ]);
});

/** As a sender does: the same again, until it is said to have been done. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LogError && error.retryable)) throw error;
      await pause(10);
    }
  }
}

function keysOf({ records }: Listening): readonly (string | undefined)[] {
  return records.map(({ key }: TailRecord) => key);
}
