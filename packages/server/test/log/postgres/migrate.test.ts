import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import { LEVEL } from '../../../src/log/postgres/migrate.js';
import { migrations } from '../../../src/log/postgres/migrations/index.js';
import { record } from '../fixtures.js';
import { open } from './open.js';

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

const version = (): Promise<Record<string, unknown>[]> =>
  server.query('SELECT servers_from, servers_to FROM fullduplex.version', [], url);

test('the schema is made when there is none, once, by however many nodes begin together', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => open({ url })));
  expect(await version()).toEqual([{ servers_from: migrations.at(-1)!.serversFrom, servers_to: LEVEL }]);
  const [first] = all;
  for (const { opened } of all) expect(opened).toEqual({ lastId: 0, epochs: first!.opened.epochs });
});

test('a server goes on with what is there, and needs no right to make anything', async () => {
  const first = await open({ url });
  await first.commit([{ records: [record('room:a', '1')] }]);
  await server.query(
    `CREATE ROLE ann LOGIN PASSWORD 'it';
     GRANT USAGE ON SCHEMA fullduplex TO ann;
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fullduplex TO ann`,
    [],
    url,
  );
  const address = new URL(url);
  address.username = 'ann';
  address.password = 'it';
  const second = await open({ url: address.href });
  expect(second.opened).toEqual(await first.state());
  const { outcomes } = await second.commit([{ records: [record('room:a', '2')] }]);
  expect(outcomes).toMatchObject([[{ id: 2, offset: 2 }]]);
});

test('several logs live in one database', async () => {
  const one = await open({ url, schema: 'one' });
  const two = await open({ url, schema: 'Two "quoted"' });
  await one.commit([{ records: [record('room:a', '1'), record('room:a', '2')] }]);
  await two.commit([{ records: [record('room:a', '1')] }]);
  expect((await one.state()).lastId).toBe(2);
  expect((await two.state()).lastId).toBe(1);
  expect((await one.state()).epochs).not.toEqual((await two.state()).epochs);
});

test('a schema that a newer server has made is used where it says so', async () => {
  await open({ url });
  await server.query(`UPDATE fullduplex.version SET servers_to = ${LEVEL + 3}`, [], url);
  const storage = await open({ url });
  expect((await storage.commit([{ records: [record('room:a', '1')] }])).outcomes).toMatchObject([
    [{ id: 1 }],
  ]);
  expect(await version()).toMatchObject([{ servers_to: LEVEL + 3 }]);
});

test('and refused in a sentence where it does not; one that runs writes no more', async () => {
  const running = await open({ url });
  const from = LEVEL + 1;
  await server.query(
    `UPDATE fullduplex.version SET servers_from = ${from}, servers_to = ${from + 1}`,
    [],
    url,
  );
  await expect(open({ url })).rejects.toMatchObject({
    code: 'unavailable',
    message:
      `The log in the schema "fullduplex" is for servers that know its migrations up to ${from} or more ` +
      `(it has ${from + 1}); this one knows ${LEVEL}: update it.`,
  });
  await expect(running.commit([{ records: [record('room:a', '1')] }])).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('update'),
  });
});

test('what cannot be made is undone, and told', async () => {
  await server.query('CREATE SCHEMA fullduplex; CREATE TABLE fullduplex.record (other integer)', [], url);
  await expect(open({ url })).rejects.toMatchObject({ code: 'unavailable' });
  expect(await server.query(`SELECT to_regclass('fullduplex.channel') AS it`, [], url)).toEqual([
    { it: null },
  ]);
});
