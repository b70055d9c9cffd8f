/** What only PostgreSQL's storage does; what every log does is in the contract. */
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import type { Durability } from '../../../src/log/log.js';
import { PostgresStorage } from '../../../src/log/postgres/postgres-storage.js';
import { record } from '../fixtures.js';
import { open, optionsOf } from './open.js';

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

const one = (text = 'x') => [{ records: [record('room:a', text)] }];

describe('durability', () => {
  test.each<[Durability, string, string]>([
    ['disk', 'off', 'on'],
    ['disk', 'remote_apply', 'remote_apply'],
    ['system', 'on', 'local'],
    ['memory', 'on', 'off'],
  ])('%s, where the server says %s, commits with %s', async (durability, setting, expected) => {
    const storage = await open({ url, durability });
    await server.query(
      `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = ${setting}`,
    );
    await server.query(
      `CREATE TABLE seen (setting text);
       CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER see AFTER INSERT ON fullduplex.record DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION see()`,
      [],
      url,
    );
    // As the commit itself, the trigger runs at the very end; the first connection began before the setting.
    await server.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      [],
      url,
    );
    const again = await open({ url, durability });
    await again.commit(one());
    expect(await server.query('SELECT setting FROM seen', [], url)).toEqual([{ setting: expected }]);
    expect(storage.durability).toBe(durability);
  });

  test('disk is refused where PostgreSQL itself does not force to the disk', async () => {
    const reload = async (fsync: string) => {
      await server.query(`ALTER SYSTEM SET fsync = ${fsync}`);
      await server.restart();
    };
    await reload('off');
    try {
      await expect(PostgresStorage.open(optionsOf({ url, durability: 'disk' }))).rejects.toMatchObject({
        message: expect.stringContaining('fsync=off'),
      });
      await open({ url, durability: 'system' });
    } finally {
      await reload('on');
    }
  });
});

describe('epochs', () => {
  test('one goes on over a restart, and over a crash', async () => {
    const storage = await open({ url, durability: 'disk' });
    expect((await storage.commit(one())).epochs).toBeUndefined();
    await server.restart();
    const second = await open({ url, durability: 'disk' });
    expect((await second.commit(one())).epochs).toBeUndefined();
    await server.kill();
    await server.start();
    const third = await open({ url, durability: 'disk' });
    expect((await third.commit(one())).epochs).toBeUndefined();
    expect(await third.state()).toEqual({ lastId: 3, epochs: storage.opened.epochs });
  });

  test('one ends with PostgreSQL where a commit in it did not wait for the disk', async () => {
    const storage = await open({ url, durability: 'disk' });
    const hasty = await open({ url, durability: 'memory' });
    await storage.commit(one());
    await hasty.commit(one());
    await server.restart();
    const after = await open({ url, durability: 'disk' });
    expect(after.opened.epochs).toEqual(storage.opened.epochs);
    const { epochs } = await after.commit(one());
    expect(epochs).toEqual([...storage.opened.epochs, { name: expect.any(String), first: 3 }]);
    expect((await after.commit(one())).epochs).toBeUndefined();
    await server.restart();
    const last = await open({ url, durability: 'disk' });
    expect((await last.commit(one())).epochs).toBeUndefined();
  });

  test.each([
    ['system identifier', `system = 1, started = 'epoch'`],
    ['timeline', `timeline = '000000FF', started = 'epoch'`],
    ['database', 'database = 1'],
    ['table', 'records = 1'],
  ])('a new one begins when the %s is another, and every node hears of it', async (_what, change) => {
    const storage = await open({ url });
    const other = await open({ url });
    await storage.commit(one());
    await server.query(`UPDATE fullduplex.epoch SET ${change}`, [], url);
    const { epochs, outcomes } = await storage.commit(one());
    expect(outcomes).toMatchObject([[{ id: 2 }]]);
    expect(epochs).toEqual([...storage.opened.epochs, { name: expect.any(String), first: 2 }]);
    expect((await other.tail(0, 10, 1e6)).epochs).toEqual(epochs);
    expect((await other.state()).epochs).toEqual(epochs);
    expect((await storage.commit(one())).epochs).toBeUndefined();
  });

  test('a node that commits before it has read of a new one is told of it with the answer', async () => {
    const storage = await open({ url });
    const other = await open({ url });
    await storage.commit(one());
    await server.query('UPDATE fullduplex.epoch SET records = 1', [], url);
    const { epochs } = await storage.commit(one());
    expect((await other.commit(one())).epochs).toEqual(epochs);
  });

  test('a copy of the database is another one', async () => {
    const storage = await PostgresStorage.open(optionsOf({ url }));
    await storage.commit(one());
    await storage.close();
    const name = new URL(url).pathname.slice(1);
    await server.query(`CREATE DATABASE copy_of_${name} TEMPLATE ${name}`);
    const copy = await open({ url: url.replace(name, `copy_of_${name}`) });
    expect(copy.opened).toEqual({ ...storage.opened, lastId: 1 });
    expect((await copy.commit(one())).epochs).toHaveLength(2);
  });
});

describe('watching', () => {
  test('tells of other nodes by what they notify', async () => {
    // Only what begins with 5 s or more is a timer that never ends here: neither looks for itself.
    const after = (_ms: number, _run: () => void) => () => {};
    const reader = await open({ url, after });
    const writer = await open({ url, after });
    let tell = (): void => {};
    const told = (): Promise<void> =>
      new Promise((resolve) => {
        tell = resolve;
      });
    const began = told();
    reader.watch(() => tell());
    await began;
    const changed = told();
    await writer.commit(one());
    await changed;
  });

  test('tells of them where nothing that they notify comes through', async () => {
    const reader = await open({ url, node: 'same' });
    // What a node itself notifies it does not listen to.
    const writer = await open({ url, node: 'same' });
    let tell = (): void => {};
    const began = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const end = reader.watch(() => tell());
    await began;
    const changed = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await writer.commit(one());
    await changed;
    end();
  });
});

describe('reading on in 5,000 channels', () => {
  const CHANNELS = 5000;
  const EACH = 12;
  const names = Array.from({ length: CHANNELS }, (_, index) => `room:${index}`);

  test('gives everything once and in order, and no channel in vain', async () => {
    const storage = await open({ url });
    for (let nth = 0; nth < EACH; nth++) {
      await storage.commit([{ records: names.map((name) => record(name, `${nth}`)) }]);
    }
    const upTo = CHANNELS * EACH;
    const pages = async (place: number, limit: number): Promise<readonly number[]> => {
      const times: number[] = [];
      let after = place;
      for (let whole = false; !whole; ) {
        const begin = performance.now();
        const page = await storage.readAfter({
          channels: names.map((channel) => ({ channel, after })),
          upTo,
          limit,
          maxBytes: 4e6,
        });
        times.push(performance.now() - begin);
        expect(page.records.length).toBeGreaterThan(0);
        for (const { id } of page.records) expect(id).toBe(++after);
        whole = page.whole;
        if (times.length === 3 && !whole) break;
      }
      if (times.length < 3) expect(after).toBe(upTo);
      return times;
    };
    const shown = async (what: string, place: number, limit: number) =>
      `${what}: ${(await pages(place, limit)).map((ms) => ms.toFixed(0)).join(', ')} ms`;
    console.log(
      [
        await shown('from the beginning, 500 records', 0, 500),
        await shown('from the beginning, 10,000 records', 0, 10_000),
        await shown('the last 500 records', upTo - 500, 500),
        await shown('the last 5,000 records', upTo - 5000, 10_000),
      ].join('\n'),
    );
    const begin = performance.now();
    expect(await storage.extents(names, upTo)).toHaveLength(CHANNELS);
    console.log(`extents: ${(performance.now() - begin).toFixed(0)} ms`);
  });
});
