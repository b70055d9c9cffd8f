/** What every broker keeps, whatever carries its messages. */
import { afterEach, expect, test } from 'vitest';
import {
  type Broker,
  MAX_MESSAGE_BYTES,
  type PresenceMessage,
  type Topics,
} from '../../src/broker/broker.js';
import { until } from '../support/wait.js';

/** So many brokers that reach each other, ready to be used. */
export type OpenBrokers = (count: number) => Promise<readonly Broker[]>;

const push = (text: string): Topics['announce'] => ({ channel: 'room:a', push: text });

const client = ['c1', 'ada', 'websocket'] as const;

/** One of each kind. */
const PRESENCE: readonly PresenceMessage[] = [
  { kind: 'hello', version: 3, forgotten: 0 },
  {
    kind: 'table',
    after: 0,
    to: 3,
    channels: [['room:ä"\n', 2, 1, 3]],
    users: [['ada', 1, 2]],
    seats: [['ada', 'room:a', 3, ['c1', 'c2']]],
  },
  { kind: 'pull', after: 7 },
  { kind: 'joined', channel: 'room:a', client },
  { kind: 'left', channel: 'room:a', client },
  { kind: 'list', id: 1, channel: 'room:a', limit: 10, each: 'user' },
  { kind: 'listed', id: 1, part: 0, parts: 1, clients: [client] },
  { kind: 'find', id: 2, channel: '', users: ['ada', '\u0000', '🙂'] },
  { kind: 'found', id: 2, users: [0, 2] },
  { kind: 'bye' },
];

export function describeBroker(openBrokers: OpenBrokers): void {
  let brokers: readonly Broker[] = [];

  const open = async (count: number): Promise<readonly Broker[]> => {
    brokers = await openBrokers(count);
    return brokers;
  };

  const hears = (broker: Broker): string[] => {
    const heard: string[] = [];
    broker.subscribe('announce', ({ push: text }, from) => heard.push(`${from} ${text}`));
    return heard;
  };

  afterEach(async () => {
    await Promise.all(brokers.map((broker) => broker.close()));
    brokers = [];
  });

  test('nodes have ids of their own', async () => {
    const ids = (await open(3)).map(({ node }) => node);
    expect(new Set(ids).size).toBe(3);
  });

  test('a message reaches all others, and not the node itself', async () => {
    const [a, b, c] = await open(3);
    const heard = [a!, b!, c!].map(hears);
    a!.publish('announce', push('1'));
    b!.publish('announce', push('2'));
    const [one, two] = [`${a!.node} 1`, `${b!.node} 2`];
    await until(() => heard[2]!.length === 2 && heard[0]!.length === 1 && heard[1]!.length === 1);
    expect(heard[0]).toEqual([two]);
    expect(heard[1]).toEqual([one]);
    expect(new Set(heard[2])).toEqual(new Set([one, two]));
  });

  test('a message for one node reaches that one alone', async () => {
    const [a, b, c] = await open(3);
    const heard = [a!, b!, c!].map(hears);
    a!.publish('announce', push('for b'), b!.node);
    a!.publish('announce', push('for nobody'), 'no-such-node');
    a!.publish('announce', push('for itself'), a!.node);
    a!.publish('announce', push('for all'));
    await until(() => heard[1]!.length === 2 && heard[2]!.length === 1);
    expect(new Set(heard[1])).toEqual(new Set([`${a!.node} for b`, `${a!.node} for all`]));
    expect(heard[2]).toEqual([`${a!.node} for all`]);
    expect(heard[0]).toEqual([]);
  });

  test('topics are told apart, and a listener may end', async () => {
    const [a, b] = await open(2);
    const heard: string[] = [];
    const ended = b!.subscribe('supersede', ({ session }) => heard.push(`ended ${session}`));
    b!.subscribe('supersede', ({ session }) => heard.push(`supersede ${session}`));
    b!.subscribe('disconnect', ({ user, session, code, reason }) =>
      heard.push(`disconnect ${user} ${session} ${code} ${reason}`),
    );
    ended();
    a!.publish('supersede', { session: 's1' });
    a!.publish('disconnect', { user: 'ada', code: 3503, reason: 'banned' });
    a!.publish('disconnect', { user: 'ada', session: 's2', code: 3503, reason: 'banned' });
    await until(() => heard.length === 3);
    expect(new Set(heard)).toEqual(
      new Set(['supersede s1', 'disconnect ada undefined 3503 banned', 'disconnect ada s2 3503 banned']),
    );
  });

  test('nobody is called within publish', async () => {
    const [a, b] = await open(2);
    const heard = hears(b!);
    a!.publish('announce', push('1'));
    expect(heard).toEqual([]);
    await until(() => heard.length === 1);
  });

  test('what comes is what was told', async () => {
    const [a, b] = await open(2);
    const heard: PresenceMessage[] = [];
    b!.subscribe('presence', (message) => heard.push(message));
    for (const message of PRESENCE) a!.publish('presence', message);
    await until(() => heard.length === PRESENCE.length);
    expect(heard).toEqual(expect.arrayContaining([...PRESENCE]));
  });

  test('many at once come, each once', async () => {
    const [a, b] = await open(2);
    const heard = hears(b!);
    const sent = Array.from({ length: 2000 }, (_, index) => `${a!.node} ${index} ${'é'.repeat(index % 50)}`);
    for (const text of sent) a!.publish('announce', push(text.slice(a!.node.length + 1)));
    await until(() => heard.length >= sent.length);
    expect(new Set(heard)).toEqual(new Set(sent));
    expect(heard).toHaveLength(sent.length);
  });

  test('one as large as a message may be comes; one that is larger does not, and harms no other', async () => {
    const [a, b] = await open(2);
    const heard = hears(b!);
    const around = Buffer.byteLength(JSON.stringify(['announce', push('')]));
    const room = MAX_MESSAGE_BYTES - around;
    // Two bytes a letter.
    const largest = 'ü'.repeat(Math.floor(room / 2)) + 'a'.repeat(room % 2);
    a!.publish('announce', push('before'));
    a!.publish('announce', push(`${largest}a`));
    a!.publish('announce', push(largest));
    a!.publish('announce', push('after'));
    await until(() => heard.length === 3);
    expect(new Set(heard)).toEqual(new Set(['before', largest, 'after'].map((text) => `${a!.node} ${text}`)));
  });

  test('closing sends what waits; afterwards nothing is sent and nothing heard', async () => {
    const [a, b, c] = await open(3);
    const [heardA, heardC] = [hears(a!), hears(c!)];
    a!.publish('announce', push('last words'));
    await a!.close();
    a!.publish('announce', push('too late'));
    await a!.close();
    b!.publish('announce', push('on without it'));
    await until(() => heardC.length === 2);
    expect(new Set(heardC)).toEqual(new Set([`${a!.node} last words`, `${b!.node} on without it`]));
    expect(heardA).toEqual([]);
  });
}
