import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import { OrderedLog } from '../../../src/log/ordered-log.js';
import { PostgresStorage } from '../../../src/log/postgres/postgres-storage.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server?.stop());

test('smoke', async () => {
  const url = await server.createDatabase();
  const storage = await PostgresStorage.open({ url, durability: 'disk', failed: console.log });
  console.log(storage.opened);
  const log = new OrderedLog(storage, { failed: console.log });
  const a = await Promise.all([
    log.append({
      records: [
        { channel: 'a', sender: 's', key: 'k', data: '{"a":1}' },
        { channel: 'b', sender: 's', data: '"x"' },
      ],
      facts: [
        { key: 'f', value: '1' },
        { key: 'n', add: 2 },
        { key: 'p', atLeast: 5 },
      ],
    }),
    log.append({
      records: [{ channel: 'a', sender: 's', key: 'k2', data: '{"a":2}' }],
      facts: [{ key: 'n', add: 3 }],
      when: [{ key: 'zzz', id: 0 }],
    }),
    log.append({ records: [{ channel: 'a', sender: 's', key: 'k', data: '{"a":1}' }] }),
    log.append({ records: [{ channel: 'a', sender: 's', key: 'k', data: '{"a":3}' }] }).catch((e) => e),
    log.append({ records: [{ channel: 'a', sender: 's', data: '{"a":3}' }], unless: 'f' }).catch((e) => e),
    log
      .append({
        records: [{ channel: 'a', sender: 's', data: '{"a":3}' }],
        redact: [{ id: 1, data: '"gone"' }],
      })
      .catch((e) => e),
  ]);
  console.dir(a, { depth: 6 });
  console.dir(await storage.tail(0, 100, 1e6), { depth: 6 });
  console.dir(await log.list('', 10), { depth: 6 });
  console.dir(await log.facts(['n', 'q']), { depth: 6 });
  console.dir(await storage.read({ channel: 'a', limit: 2, newestFirst: true }, 100), { depth: 6 });
  console.dir(
    await storage.readAfter({
      channels: [
        { channel: 'a', after: 0 },
        { channel: 'b', after: 0 },
        { channel: 'c', after: 0 },
      ],
      upTo: 100,
      limit: 10,
      maxBytes: 1e6,
    }),
    { depth: 6 },
  );
  console.dir(await storage.trim('a', 2));
  console.dir(await storage.extents(['a', 'b', 'c'], 100));
  console.dir(await storage.channels(0, 10));
  expect(log.position).toBe(4);
  await log.close();
});
