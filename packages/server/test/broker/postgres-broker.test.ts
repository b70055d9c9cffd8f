import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../test/support/postgres.mjs';
import { PostgresBroker } from '../../src/broker/postgres-broker.js';
import { systemClock } from '../../src/time/clock.js';
import { until } from '../support/wait.js';
import { describeBroker } from './contract.js';

let server: PostgresServer;
let failures: unknown[] = [];

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(async () => {
  await server?.stop();
});

const open = (node: string, url: string): Promise<PostgresBroker> =>
  PostgresBroker.open({ url, node, clock: systemClock, failed: (error) => failures.push(error) });

describe('NOTIFY', () => {
  describeBroker(async (count) => {
    const url = await server.createDatabase();
    return Promise.all(Array.from({ length: count }, (_, index) => open(`node-${index}`, url)));
  });

  test('goes on after PostgreSQL was restarted, and tells what could not be sent', async () => {
    const url = await server.createDatabase();
    const [a, b] = await Promise.all([open('a', url), open('b', url)]);
    try {
      const heard: string[] = [];
      b.subscribe('supersede', ({ session }) => heard.push(session));
      a.publish('supersede', { session: 'before' });
      await until(() => heard.includes('before'));
      failures = [];
      await server.kill();
      a.publish('supersede', { session: 'lost' });
      await until(() => failures.length > 0);
      await server.start();
      let next = 0;
      await until(() => {
        if (performance.now() >= next) {
          next = performance.now() + 50;
          a.publish('supersede', { session: 'after' });
        }
        return heard.includes('after');
      }, 'hearing again');
      expect(heard).not.toContain('lost');
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });

  test('that cannot be reached at the start says so', async () => {
    await expect(open('a', `postgres://nobody@127.0.0.1:1/none`)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
