/** Readers whose position retention has passed: each is told which offsets it can no longer have, and goes on behind them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gap, Position, SyncAnswer } from '@fullduplex/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer, type TestSession } from '../support/server.js';
import { until } from '../support/wait.js';

const LOBBY = 'room:lobby';
const KEPT = 10;

describe.each(['in memory', 'on the disk'])('with a log %s', (where) => {
  let server: Running;
  let folder: string | undefined;
  let token: string;
  beforeEach(async () => {
    folder = where === 'on the disk' ? await mkdtemp(join(tmpdir(), 'fullduplex-retention-')) : undefined;
    server = await startServer({
      ...(folder === undefined ? {} : { dataDir: folder, durability: 'system' as const }),
      retention: { records: KEPT, minAge: 0 },
      timing: { retentionSweep: 0.01 },
      limits: { outboxBytes: 16 * 1024, pageBytes: 4096 },
    });
    token = await server.token('alice');
    await server.command(token, 'me.state');
  });
  afterEach(async () => {
    await server.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Says something so many times, and waits until only the last ones are left. Answers what is missing. */
  async function say(count: number, text = 'x'): Promise<Gap> {
    const sender = await server.session('alice');
    const sent: Promise<unknown>[] = [];
    for (let at = 0; at < count; at++) {
      sent.push(sender.rpc('message.send', { channel: LOBBY, key: crypto.randomUUID(), text }));
    }
    await Promise.all(sent);
    let gap: Gap | undefined;
    await until(async () => {
      ({ gap } = await server.command(token, 'channel.history', { channel: LOBBY, after: 0 }));
      return gap !== undefined && gap.oldest === gap.head - KEPT + 1;
    }, 'the sweep');
    return gap!;
  }

  const sync = async (params: Record<string, string>): Promise<SyncAnswer> => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await server.get<SyncAnswer>(`/api/sync?${new URLSearchParams(params)}`, headers)).body;
  };

  function offsets(publications: readonly { readonly offset: number }[] = []): number[] {
    return publications.map(({ offset }) => offset);
  }

  function range(from: number, to: number): number[] {
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  }

  async function head(): Promise<Position> {
    const { channels } = await server.command(token, 'me.state');
    return channels.find(({ channel }) => channel === LOBBY)!;
  }

  test('history tells what is missing, forwards and to who pages back into it', async () => {
    const all = await say(40);
    const { epoch, head: last } = all;
    const oldest = last - KEPT + 1;
    expect(all).toEqual({
      channel: LOBBY,
      reason: 'retention',
      epoch,
      from: 1,
      to: oldest - 1,
      oldest,
      head: last,
    });
    const later = await server.command(token, 'channel.history', { channel: LOBBY, after: 5 });
    expect(later.gap).toEqual({ ...all, from: 6 });
    expect(offsets(later.publications)).toEqual(range(oldest, last));
    const back = { channel: LOBBY, before: oldest + 5, limit: 3 };
    expect(await server.command(token, 'channel.history', back)).not.toHaveProperty('gap');
    const farther = await server.command(token, 'channel.history', { ...back, limit: 30 });
    expect(farther.gap).toEqual(all);
    expect(offsets(farther.publications)).toEqual(range(oldest, oldest + 4));

    const session = await server.session('bob');
    await say(1);
    const answer = await session.call('history', {
      channel: LOBBY,
      limit: -1,
      since: { offset: 5, epoch },
    });
    const now = answer.offset;
    expect(answer.gap).toEqual({ ...all, from: 6, to: now - KEPT, oldest: now - KEPT + 1, head: now });
    expect(offsets(answer.publications)).toEqual(range(now - KEPT + 1, now));
    const newest = await session.call('history', { channel: LOBBY, limit: 2, reverse: true });
    expect(newest).not.toHaveProperty('gap');
    expect(offsets(newest.publications)).toEqual([now, now - 1]);
  });

  test('a session that recovers is told so, by its own subscription and by the server’s', async () => {
    const old = await head();
    const gap = { ...(await say(40)), from: old.offset + 1 };
    const session = await server.session('bob');
    const position = { recover: true, epoch: old.epoch, offset: old.offset };
    const joined = await head();
    const own = await session.call('subscribe', { channel: LOBBY, ...position });
    expect(own).toMatchObject({ was_recovering: true, recovered: false, offset: joined.offset });
    expect(own.gap).toMatchObject({
      channel: LOBBY,
      reason: 'retention',
      from: gap.from,
      head: joined.offset,
    });

    const other = await server.session('alice', {
      data: { follow: 'mine' },
      subs: { [LOBBY]: position },
    });
    const { subs } = (other.messages[0] as { connect: { subs: Record<string, { gap?: Gap }> } }).connect;
    expect(subs[LOBBY]).toMatchObject({ recovered: false, offset: joined.offset, gap: { from: gap.from } });
    expect(subs[LOBBY]?.gap?.to).toBe(subs[LOBBY]!.gap!.oldest - 1);
  });

  test('sync tells of it in its answer, over polling, long polling and server-sent events', async () => {
    const { cursor } = await sync({});
    const gap = await say(40);
    const from = (await sync({ cursor })).gaps[0]!.from;
    for (const wait of ['0', '5']) {
      const answer = await sync({ cursor, wait });
      expect(answer.gaps).toEqual([{ ...gap, from }]);
      expect(offsets(answer.publications)).toEqual(range(gap.oldest, gap.head));
      const again = await sync({ cursor: answer.cursor });
      expect(again).toMatchObject({ publications: [], gaps: [] });
    }
    const stream = await fetch(`${server.url}/api/sync?cursor=${cursor}`, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
    });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes(`"offset":${gap.head},`)) text += (await reader.read()).value ?? '';
    await reader.cancel();
    const [, event, ...rest] = text.split('\n\n');
    const told = /^event: gap\nid: \S+\ndata: (.*)$/.exec(event!)?.[1];
    expect(JSON.parse(told!)).toEqual({ ...gap, from });
    const data = rest.flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? []);
    expect(offsets(data.map((json) => JSON.parse(json) as { offset: number }))).toEqual(
      range(gap.oldest, gap.head),
    );
  });

  async function slowReader(session: TestSession): Promise<Gap> {
    session.socket.socket.pause();
    // More than the sockets between us take.
    return say(400, 'x'.repeat(40_000));
  }

  test('a live session that fell behind is told what it missed, and is live again', async () => {
    const slow = await server.session('bob', { data: { follow: 'mine' } });
    const began = (await head()).offset;
    const { head: last, oldest } = await slowReader(slow);
    slow.socket.socket.resume();
    await until(() => slow.offsets(LOBBY).includes(last), 'the last one');
    await server.command(token, 'message.send', { channel: LOBBY, key: 'live', text: 'live again' });
    await until(() => slow.texts(LOBBY).includes('live again'));
    const missed = slow.pushes.flatMap(({ channel, subscribe }) =>
      channel === LOBBY && subscribe !== undefined ? [subscribe] : [],
    );
    expect(missed.length).toBeGreaterThan(0);
    // Every offset was either pushed or named as missing, in one ascending order.
    let next = began + 1;
    for (const push of slow.pushes.filter(({ channel }) => channel === LOBBY)) {
      const { pub, subscribe } = push;
      if (pub !== undefined) expect(pub.offset).toBe(next++);
      if (subscribe !== undefined) {
        expect(subscribe).toMatchObject({ was_recovering: true, recovered: false });
        expect(subscribe.gap).toMatchObject({ reason: 'retention', to: subscribe.offset });
        expect(subscribe.gap!.to).toBeGreaterThanOrEqual(next);
        next = subscribe.gap!.to + 1;
      }
    }
    expect(next).toBe(last + 2);
    expect(missed.at(-1)?.offset).toBeLessThan(oldest);
  });

  test('one that subscribed by itself is sent to subscribe anew, and hears the gap then', async () => {
    const slow = await server.session('bob');
    await slow.call('subscribe', { channel: LOBBY });
    const { head: last, oldest } = await slowReader(slow);
    slow.socket.socket.resume();
    await until(() => slow.pushes.some(({ unsubscribe }) => unsubscribe?.code === 2500), 'the push');
    const had = slow.offsets(LOBBY).at(-1)!;
    const { epoch } = await head();
    const again = await slow.call('subscribe', { channel: LOBBY, recover: true, epoch, offset: had });
    expect(again).toMatchObject({ recovered: false, offset: last });
    expect(again.gap).toMatchObject({ from: had + 1, to: oldest - 1, oldest, head: last });
  });
});
