/** The broker over a real Redis or Valkey; it counts as not run where neither is installed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisBroker } from '../../packages/server/src/broker/redis-broker.js';
import { systemClock } from '../../packages/server/src/time/clock.js';
import { describeBroker } from '../../packages/server/test/broker/contract.js';
import { FakeClock } from '../../packages/server/test/support/clock.js';
import { until } from '../../packages/server/test/support/wait.js';
import { needs } from '../support/needs.js';
import { RedisServer, redisProgram } from '../support/redis.js';

/** The address of a server that is to be used for what needs none of our own. */
const named = process.env.FULLDUPLEX_TEST_REDIS;

const lacks = 'neither valkey-server nor redis-server is installed';

const opened: RedisBroker[] = [];
let failures: unknown[] = [];

async function open(node: string, url: string): Promise<RedisBroker> {
  const failed = (error: unknown): unknown => failures.push(error);
  const broker = await RedisBroker.open({ url, node, clock: systemClock, failed });
  opened.push(broker);
  return broker;
}

afterAll(async () => {
  await Promise.all(opened.map((broker) => broker.close()));
});

/** Says something new every 50 ms until it is heard. */
async function untilHeard(from: RedisBroker, heard: readonly string[], what: string): Promise<void> {
  let next = 0;
  await until(() => {
    if (performance.now() >= next) {
      next = performance.now() + 50;
      from.publish('supersede', { session: what });
    }
    return heard.includes(what);
  }, `hearing ${what}`);
}

function hears(broker: RedisBroker): string[] {
  const heard: string[] = [];
  broker.subscribe('supersede', ({ session }) => heard.push(session));
  return heard;
}

let round = 0;

describe('a Redis server', needs(named !== undefined || redisProgram !== undefined, lacks), () => {
  let server: RedisServer | undefined;
  let url: string;

  beforeAll(async () => {
    if (named === undefined) server = await RedisServer.start();
    url = named ?? server!.url;
  });

  afterAll(async () => {
    await server?.stop();
  });

  describeBroker((count) => {
    round += 1;
    return Promise.all(Array.from({ length: count }, (_, index) => open(`${round}n${index}`, url)));
  });

  test('says at the start that it cannot be reached', async () => {
    await expect(open('a', 'redis://127.0.0.1:1')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a Redis server of our own', needs(redisProgram !== undefined, lacks), () => {
  test('may go and come back: what was said meanwhile is lost, and nothing else', async () => {
    const server = await RedisServer.start();
    try {
      const [a, b] = await Promise.all([open('a', server.url), open('b', server.url)]);
      const heard = hears(b);
      expect(a.sharded).toBe(true);
      await untilHeard(a, heard, 'before');
      failures = [];
      await server.kill();
      await until(() => a.sharded === undefined && b.sharded === undefined);
      expect(failures.length).toBeGreaterThan(0);
      a.publish('supersede', { session: 'lost' });
      await server.start();
      await untilHeard(a, heard, 'after');
      expect(heard).not.toContain('lost');
    } finally {
      await server.stop();
    }
  });

  test('that stands still without a word is noticed by who only listens, and found again', async () => {
    const server = await RedisServer.start();
    const clock = new FakeClock();
    try {
      const lost: unknown[] = [];
      const failed = (error: unknown): unknown => lost.push(error);
      const a = await RedisBroker.open({ url: server.url, node: 'a', clock, timeout: 200, failed });
      opened.push(a);
      clock.advance(9999);
      server.pause();
      expect(lost).toEqual([]);
      clock.advance(1);
      await until(() => lost.length === 1);
      expect(a.sharded).toBe(undefined);
      server.resume();
      await until(() => {
        clock.advance(2000);
        return a.sharded === true;
      });
    } finally {
      await server.stop();
    }
  });

  test('that does not know sharded channels is used without', async () => {
    const server = await RedisServer.start({ 'rename-command': 'SSUBSCRIBE ""' });
    try {
      const [a, b] = await Promise.all([open('a', server.url), open('b', server.url)]);
      expect([a.sharded, b.sharded]).toEqual([false, false]);
      const heard = hears(b);
      await untilHeard(a, heard, 'plain');
    } finally {
      await server.stop();
    }
  });

  test('of a cluster sends us to the one that has the channels, wherever we asked, and again when they moved', async () => {
    const [one, two] = await Promise.all([
      RedisServer.start({ 'cluster-enabled': 'yes' }),
      RedisServer.start({ 'cluster-enabled': 'yes' }),
    ]);
    try {
      expect(await one.command('CLUSTER ADDSLOTSRANGE 0 16383')).toBe('+OK');
      expect(await two.command(`CLUSTER MEET 127.0.0.1 ${one.port}`)).toBe('+OK');
      const isReady = async (): Promise<boolean> =>
        (await two.command('SSUBSCRIBE {fullduplex}:x')).includes('MOVED');
      await until(isReady, 'the cluster');
      const [a, b] = await Promise.all([open('a', one.url), open('b', two.url)]);
      const heard = hears(b);
      await untilHeard(a, heard, 'through one');
      const slot = (await one.command('CLUSTER KEYSLOT {fullduplex}')).slice(1);
      const id = await two.command('CLUSTER MYID');
      for (const server of [two, one]) {
        expect(await server.command(`CLUSTER SETSLOT ${slot} NODE ${id}`)).toBe('+OK');
      }
      // Each node says something now and then, and so learns of it.
      b.publish('supersede', { session: 'anything' });
      await untilHeard(a, heard, 'through two');
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  test('that wants a password is given it, and without it says so', async () => {
    const server = await RedisServer.start({ requirepass: 'a-secret' });
    try {
      await expect(open('a', server.url)).rejects.toThrow(/NOAUTH/);
      const a = await open('a', server.url.replace('//', '//:a-secret@'));
      expect(a.sharded).toBe(true);
    } finally {
      await server.stop();
    }
  });
});
