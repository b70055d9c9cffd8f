import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import { PostgresClient, type PostgresClientOptions } from '../../../src/log/postgres/client.js';
import { later } from '../fixtures.js';
import { startProxy, through } from './tcp-proxy.js';

// A server of its own takes a while on a busy machine.
let server: PostgresServer;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
});
afterAll(() => server?.stop());

function client(options: Partial<PostgresClientOptions> = {}): PostgresClient {
  const it = new PostgresClient({
    url,
    after: (ms, run) => later.after(ms, run),
    random: () => 0,
    ...options,
  });
  onTestFinished(() => it.close());
  return it;
}

/** Timers that only run when they are told to. */
function heldTimers() {
  const timers = new Set<{ readonly ms: number; readonly run: () => void }>();
  return {
    after: (ms: number, run: () => void) => {
      const timer = { ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    /** Runs those of this length. */
    run(ms: number) {
      for (const timer of timers) {
        if (timer.ms !== ms) continue;
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

describe('queries', () => {
  test('answer with rows, whole numbers of 64 bits among them', async () => {
    const rows = await client().query('SELECT $1::bigint AS id, $2::text[] AS texts', [7, ['a"b\\', '{}']]);
    expect(rows).toEqual([{ id: 7, texts: ['a"b\\', '{}'] }]);
  });

  test('share no more connections than they may', async () => {
    const it = client({ maxConnections: 4, applicationName: 'sharing' });
    const used = await Promise.all(
      Array.from({ length: 20 }, () => it.query('SELECT pg_backend_pid() AS pid, pg_sleep(0.01)')),
    );
    expect(new Set(used.map(([row]) => row!.pid)).size).toBe(2);
  });

  test('fail with what PostgreSQL says, and the connection is good for the next', async () => {
    const it = client({ maxConnections: 3 });
    const [before] = await it.query('SELECT pg_backend_pid() AS pid');
    await expect(it.query('SELECT nothing')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('nothing'),
    });
    expect(await it.query('SELECT pg_backend_pid() AS pid')).toEqual([before]);
  });

  test('go on over a new connection when the old one has died', async () => {
    const it = client({ maxConnections: 3 });
    const [before] = await it.query('SELECT pg_backend_pid() AS pid');
    await expect(it.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({
      code: 'unavailable',
    });
    const [after] = await it.query('SELECT pg_backend_pid() AS pid');
    expect(after).not.toEqual(before);
  });

  test('are given up when no answer comes, and so is the connection', async () => {
    const proxy = await startProxy(server.port);
    const timers = heldTimers();
    const it = client({ url: through(proxy, url), after: timers.after, maxConnections: 3 });
    await it.query('SELECT 1');
    proxy.stall();
    const query = it.query('SELECT 1');
    const waiting = it.query('SELECT 2');
    const failed = expect(query).rejects.toMatchObject({
      message: expect.stringContaining('no answer within'),
    });
    const gaveUp = expect(waiting).rejects.toMatchObject({ message: expect.stringContaining('became free') });
    await new Promise(setImmediate);
    timers.run(5000);
    await Promise.all([failed, gaveUp]);
    proxy.resume();
    expect(await it.query('SELECT 3 AS it')).toEqual([{ it: 3 }]);
  });

  test('fail at once for a while after the database could not be reached', async () => {
    const timers = heldTimers();
    const it = client({ url: 'postgres://nobody@127.0.0.1:1/none', after: timers.after });
    await expect(it.query('SELECT 1')).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(it.query('SELECT 1')).rejects.toMatchObject({
      message: expect.stringContaining('a moment ago'),
    });
    timers.run(50);
    await expect(it.query('SELECT 1')).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('are refused after the end', async () => {
    const it = client();
    await it.query('SELECT 1');
    await it.close();
    await expect(it.query('SELECT 1')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a database with another encoding is refused', async () => {
  await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`);
  const it = client({ url: url.replace(/[^/]*$/, 'latin') });
  await expect(it.query('SELECT 1')).rejects.toMatchObject({ message: expect.stringContaining('UTF-8') });
});

test('TLS that the address asks for is not done without', async () => {
  const it = client({ url: `${url}?sslmode=verify-full` });
  await expect(it.query('SELECT 1')).rejects.toMatchObject({ message: expect.stringContaining('SSL') });
  const other = client({ ssl: true });
  await expect(other.query('SELECT 1')).rejects.toMatchObject({ message: expect.stringContaining('SSL') });
});

test('its address is told without the password', () => {
  expect(client({ url: 'postgres://ann:secret@db.example:5432/chat?sslmode=require' }).address).toBe(
    'postgres://ann@db.example:5432/chat',
  );
});

test('what one notifies all hear, again after their connection was lost', async () => {
  const name = 'hearing';
  const it = client({ applicationName: name });
  const heard: string[] = [];
  let begun = 0;
  let next = (): void => {};
  const something = (): Promise<void> =>
    new Promise((resolve) => {
      next = resolve;
    });
  const first = something();
  it.listen('topic:Ä', {
    notified: (payload) => {
      heard.push(payload);
      next();
    },
    began: () => {
      begun++;
      next();
    },
  });
  await first;
  const second = something();
  await client().query('SELECT pg_notify($1, $2)', ['topic:Ä', 'one']);
  await second;
  const third = something();
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    name,
  ]);
  await third;
  const fourth = something();
  await client().query('SELECT pg_notify($1, $2)', ['topic:Ä', 'two']);
  await fourth;
  expect(heard).toEqual(['one', 'two']);
  expect(begun).toBe(2);
});
