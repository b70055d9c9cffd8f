import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, startServer, type TestSession } from '../../support/server.js';
import { until } from '../../support/wait.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

describe('subscribe and recover', () => {
  async function say(session: TestSession, ...texts: string[]): Promise<void> {
    for (const text of texts) await session.rpc('message.send', { channel: LOBBY, key: text, text });
  }

  test('a publication is pushed to everyone who follows, the sender included', async () => {
    const alice = await server.session('alice');
    const bob = await server.session('bob');
    for (const session of [alice, bob]) await session.call('subscribe', { channel: LOBBY });
    await say(alice, 'hello');
    await until(() => bob.texts(LOBBY).length > 0);
    const expected = { data: { type: 'message', text: 'hello' }, info: { user: 'alice', key: 'hello' } };
    for (const session of [alice, bob]) expect(session.publications(LOBBY)[0]).toMatchObject(expected);
  });

  test('recovers what was missed, whether or not anything was received before, and every time', async () => {
    const bob = await server.session('bob');
    const first = await server.session('alice');
    const { epoch, offset } = await first.call('subscribe', { channel: LOBBY });
    let position = offset;
    first.socket.socket.terminate();
    for (let round = 1; round <= 3; round++) {
      await say(bob, `a${round}`, `b${round}`);
      const again = await server.session('alice');
      const result = await again.call('subscribe', {
        channel: LOBBY,
        recover: true,
        epoch,
        offset: position,
      });
      expect(result).toMatchObject({ was_recovering: true, recovered: true });
      expect(result.publications).toMatchObject([
        { data: { text: `a${round}` } },
        { data: { text: `b${round}` } },
      ]);
      position = result.offset;
      again.socket.socket.terminate();
    }
  });

  test('a position of another epoch, or from beyond the end, is a gap: told, and read on from now', async () => {
    const session = await server.session('alice');
    const bob = await server.session('bob');
    await say(bob, 'missed');
    const wrong = await session.call('subscribe', {
      channel: LOBBY,
      recover: true,
      epoch: 'other',
      offset: 1,
    });
    expect(wrong).toMatchObject({ was_recovering: true, recovered: false, gap: { reason: 'epoch' } });
    await session.call('unsubscribe', { channel: LOBBY });
    const { epoch } = wrong;
    const beyond = await session.call('subscribe', { channel: LOBBY, recover: true, epoch, offset: 1000 });
    expect(beyond).toMatchObject({ recovered: false, offset: wrong.offset });
    await say(bob, 'next');
    await until(() => session.texts(LOBBY).length > 0);
    expect(session.texts(LOBBY)).toEqual(['next']);
  });

  test('more than an answer holds is recovered all the same: the rest is pushed, in order', async () => {
    const bob = await server.session('bob');
    const session = await server.session('alice');
    const { epoch, offset } = await session.call('subscribe', { channel: LOBBY });
    await session.call('unsubscribe', { channel: LOBBY });
    await Promise.all(
      Array.from({ length: 1500 }, (_, at) =>
        bob.rpc('message.send', { channel: LOBBY, key: `k${at}`, text: String(at) }),
      ),
    );
    const result = await session.call('subscribe', { channel: LOBBY, recover: true, epoch, offset });
    expect(result.recovered).toBe(true);
    const recovered = (result.publications ?? []).map((publication) => publication.offset);
    await until(() => recovered.length + session.texts(LOBBY).length >= 1500);
    const all = [...recovered, ...session.offsets(LOBBY)];
    expect(all).toEqual(Array.from({ length: 1500 }, (_, at) => offset + 1 + at));
    expect(result.offset).toBe(recovered.at(-1));
  });

  test('twice is refused; after unsubscribing nothing is pushed', async () => {
    const session = await server.session('alice');
    await session.call('subscribe', { channel: LOBBY });
    expect((await session.fail('subscribe', { channel: LOBBY })).code).toBe(105);
    await session.call('unsubscribe', { channel: LOBBY });
    const bob = await server.session('bob');
    await say(bob, 'unseen');
    await session.call('ping');
    expect(session.offsets(LOBBY)).toEqual([]);
  });

  test('a channel in another spelling is the same one, and seen as it was asked for', async () => {
    const session = await server.session('alice');
    await session.call('subscribe', { channel: 'room:LOBBY' });
    const bob = await server.session('bob');
    await say(bob, 'hello');
    await until(() => session.texts('room:LOBBY').length > 0);
    await session.call('unsubscribe', { channel: 'room:LOBBY' });
    await say(bob, 'unseen');
    await session.call('ping');
    expect(session.texts('room:LOBBY')).toEqual(['hello']);
  });

  test('what one may not read is refused, and a private room that one left is taken back', async () => {
    const owner = await server.session('olga');
    const { channel } = await owner.rpc('room.create', { name: 'den', private: true });
    const session = await server.session('alice');
    expect((await session.fail('subscribe', { channel })).code).toBe(102);
    expect((await session.fail('subscribe', { channel: 'user:olga' })).code).toBe(103);
    await owner.rpc('room.invite', { channel, user: 'alice' });
    await session.call('subscribe', { channel });
    await session.rpc('room.leave', { channel });
    await until(() => session.pushes.some((push) => push.unsubscribe));
    expect(session.pushes.at(-1)).toMatchObject({ channel, unsubscribe: { code: 2000 } });
    expect((await session.fail('history', { channel, limit: 1 })).code).toBe(102);
  });

  test('the longest names there are have a conversation', async () => {
    const [a, b] = ['𠮷'.repeat(64), '𠮟'.repeat(64)];
    const session = await server.session(a);
    const { channel } = await session.rpc('direct.open', { user: b });
    await session.call('subscribe', { channel });
    await session.rpc('message.send', { channel, key: 'k', text: 'hello' });
    await until(() => session.texts(channel).length === 1);
  });
});
