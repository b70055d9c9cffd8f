/** The rules of an append are written twice: once for storages that look things up one by one, once in SQL. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import { LogError } from '../../../src/log/log.js';
import { MemoryStorage } from '../../../src/log/memory-storage.js';
import { PostgresStorage } from '../../../src/log/postgres/postgres-storage.js';
import { rounds } from '../../../src/log/postgres/rounds.js';
import type { Placed, Storage } from '../../../src/log/storage.js';
import { batches } from './arbitrary.js';
import { optionsOf } from './open.js';

// A server of its own takes a while on a busy machine.
let server: PostgresServer;
let postgres: PostgresStorage;

beforeAll(async () => {
  server = await startPostgres();
  postgres = await PostgresStorage.open(optionsOf({ url: await server.createDatabase(), maxConnections: 8 }));
});
afterAll(async () => {
  await postgres?.close();
  await server?.stop();
});

test('PostgreSQL comes to what memory comes to', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.integer({ min: 1, max: 6 }), async (history, trimmed) => {
      await postgres.client.query('TRUNCATE fullduplex.record, fullduplex.channel, fullduplex.fact');
      const memory = new MemoryStorage({ now: () => 0, epoch: 'e' });
      for (const batch of history) {
        const actual = await postgres.commit(batch);
        // Appends that touch each other change places; in that order memory has to say the same.
        const order = rounds(batch).flat();
        const expected = await memory.commit(order.map((place) => batch[place]!));
        for (const [at, place] of order.entries()) {
          expect(outcome(actual.outcomes[place]!)).toEqual(outcome(expected.outcomes[at]!));
        }
        expect(actual.records.map(timeless)).toEqual(expected.records.map(timeless));
      }
      await postgres.trim('room:a', trimmed);
      await memory.trim('room:a', trimmed);
      expect(await everything(postgres)).toEqual(await everything(memory));
    }),
    { numRuns: 50 },
  );
});

function outcome(it: readonly Placed[] | LogError): unknown {
  return it instanceof LogError ? { code: it.code, message: it.message } : it.map(timeless);
}

function timeless<T extends { readonly time: number }>({ time: _time, ...rest }: T): Omit<T, 'time'> {
  return rest;
}

/** All that a storage tells, in as many ways as there are. */
async function everything(storage: Storage) {
  const channels = ['room:a', 'room:b', 'feed:ä', 'room:none'];
  const { lastId } = await storage.state();
  const half = Math.floor(lastId / 2);
  const tail = await storage.tail(0, 1000, 1e9);
  const reads: Promise<unknown>[] = [];
  for (const channel of channels) {
    for (const upTo of [lastId, half]) {
      for (const request of [
        { channel, limit: 100 },
        { channel, limit: 2, after: 1 },
        { channel, limit: 2, newestFirst: true },
        { channel, limit: 100, before: 4, maxBytes: 6 },
        { channel, limit: 100, newestFirst: true, maxBytes: 6 },
      ]) {
        reads.push(storage.read(request, upTo).then((it) => ({ ...it, records: it.records.map(timeless) })));
      }
    }
  }
  for (const after of [0, half]) {
    for (const [limit, maxBytes, upTo] of [
      [100, 1e9, lastId],
      [3, 1e9, lastId],
      [100, 8, lastId],
      [100, 1e9, half],
    ] as const) {
      const places = channels.map((channel) => ({ channel, after }));
      const merged = storage.readAfter({ channels: places, upTo, limit, maxBytes });
      reads.push(merged.then((it) => ({ ...it, records: it.records.map(timeless) })));
    }
  }
  const keys = ['m/a/ann', 'n/a', 'p/ann/a', 'u/bob', 'none'];
  return {
    lastId,
    tail: tail.records.map(timeless),
    reads: await Promise.all(reads),
    extents: await storage.extents(channels, half),
    channels: await storage.channels(0, 100),
    facts: await storage.facts(keys),
    lists: [
      await storage.list('', 2, undefined),
      await storage.list('m/', 10, undefined),
      await storage.list('', 10, 'n/a'),
      await storage.list('n/', 10, 'm/a/ann'),
    ],
  };
}
