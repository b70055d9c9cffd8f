/** What every kind of participant does, on a server of this repository. */

import type { TransportName } from '@fullduplex/client';
import { createServer, type Server } from '@fullduplex/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ask } from '../../src/verify/ask.js';
import { type GivenPublication, Journal } from '../../src/verify/journal.js';
import { type Participant, type ParticipantOptions, sleep } from '../../src/verify/participant.js';
import { Random } from '../../src/verify/random.js';

const LOBBY = 'room:lobby';

// Real sockets on a busy machine: every wait has a deadline of its own.
vi.setConfig({ testTimeout: 60_000 });

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It did not become true: ${String(condition)}`);
    await sleep(5);
  }
}

export function participantContract(
  make: (options: ParticipantOptions) => Participant,
  transports: readonly TransportName[],
): void {
  let server: Server;
  let url: string;
  let participants: Participant[];

  beforeEach(async () => {
    participants = [];
    server = createServer({ port: 0, timing: { heartbeat: 1 } });
    ({ url } = await server.listen());
  });

  afterEach(async () => {
    await Promise.all(participants.map((participant) => participant.close()));
    await server.close();
  });

  async function tokenOf(name: string): Promise<string> {
    return ((await ask(url, '/api/guest', { name })) as { token: string }).token;
  }

  async function start(user: string, transport: TransportName): Promise<Participant> {
    const journal = new Journal(user, 'bare', transport);
    const random = new Random(user);
    const open = new Set<string>();
    const participant = make({ user, token: await tokenOf(user), url, transport, random, journal, open });
    participants.push(participant);
    await participant.start();
    return participant;
  }

  /** The texts that it saw in a channel. */
  const seen = ({ journal }: Participant, channel = LOBBY): GivenPublication[] =>
    journal.given.filter((one) => one.is === 'publication').filter((one) => one.channel === channel);
  const texts = (participant: Participant, channel = LOBBY): string[] =>
    seen(participant, channel)
      .map(({ data }) => JSON.parse(data) as { type: string; text: string })
      .filter(({ type }) => type === 'message')
      .map(({ text }) => text);

  it.each(transports)(
    'knows where it begins, sends, and sees what comes after, over %s',
    async (transport) => {
      const alice = await start('alice', transport);
      const { offset } = alice.journal.baseline.get(LOBBY)!;
      expect(offset).toBeGreaterThan(0);
      for (const text of ['1', '2', '3']) alice.send(LOBBY, text);
      await until(() => texts(alice).length === 3 && alice.pending === 0);
      expect(texts(alice)).toEqual(['1', '2', '3']);
      expect(alice.journal.place).toBeGreaterThan(0);
      expect(seen(alice).map((one) => one.offset)).toEqual([offset + 1, offset + 2, offset + 3]);
      expect(alice.journal.sent.map(({ acknowledged }) => acknowledged[0]?.position.offset)).toEqual([
        offset + 1,
        offset + 2,
        offset + 3,
      ]);
      expect(alice.journal.complaints).toEqual([]);
    },
  );

  it('sends again what was acknowledged, and has the same position acknowledged', async () => {
    const alice = await start('alice', transports[0]!);
    alice.send(LOBBY, '1');
    await until(() => alice.pending === 0 && texts(alice).length === 1);
    const sent = alice.journal.sent[0]!;
    alice.commands?.resend(sent);
    await until(() => sent.acknowledged.length === 2);
    expect(sent.acknowledged[1]).toEqual({ position: sent.acknowledged[0]!.position, duplicate: true });
    expect(texts(alice)).toEqual(['1']);
  });

  it('goes on where it was when it hops, and when what it reads was paused', async () => {
    const alice = await start('alice', transports[0]!);
    const expected: string[] = [];
    for (const transport of [...transports, ...transports]) {
      alice.hop(transport);
      const goOn = alice.pause();
      const text = `over ${transport} ${expected.length}`;
      expected.push(text);
      alice.send(LOBBY, text);
      goOn();
      await until(() => texts(alice).length === expected.length);
    }
    expect(texts(alice)).toEqual(expected);
    expect(alice.journal.given.filter(({ is }) => is !== 'publication')).toEqual([]);
  });

  it('reads on when it hops while it takes nothing', async () => {
    const alice = await start('alice', transports.at(-1)!);
    const bob = await tokenOf('bob');
    const expected: string[] = [];
    const say = async (text: string): Promise<void> => {
      expected.push(text);
      await ask(url, '/api/commands/message.send', { channel: LOBBY, key: text, text }, bob);
    };
    for (let count = 0; count < 5; count += 1) {
      const goOn = alice.pause();
      // Some of it has come, and waits to be taken.
      await say(`${count} before`);
      await say(`${count} again`);
      alice.hop(transports.at(-1)!);
      goOn();
      await say(`${count} after`);
      await until(() => texts(alice).length === expected.length);
    }
    expect(texts(alice)).toEqual(expected);
  });

  it('joins a room on the way, and sees it from there', async () => {
    const alice = await start('alice', transports[0]!);
    const bob = await tokenOf('bob');
    const { channel } = (await ask(url, '/api/commands/room.create', { name: 'tea' }, bob)) as {
      channel: string;
    };
    alice.commands?.join(channel);
    await until(() => alice.journal.joined.has(channel));
    await ask(url, '/api/commands/message.send', { channel, key: 'k', text: 'welcome' }, bob);
    await until(() => texts(alice, channel).length === 1);
    expect(alice.journal.joined.get(channel)).toMatchObject({ offset: 2 });
  });

  it('edits, deletes and marks as read', async () => {
    const alice = await start('alice', transports[0]!);
    alice.send(LOBBY, 'first');
    await until(() => alice.journal.sent[0]?.acknowledged.length === 1);
    const sent = alice.journal.sent[0]!;
    alice.commands?.edit(sent, 'second');
    alice.commands?.receipt(LOBBY, sent.acknowledged[0]!.position.offset);
    alice.commands?.remove(sent);
    await until(() => alice.pending === 0);
    const { offset } = sent.acknowledged[0]!.position;
    expect(alice.journal.deleted).toEqual([
      { channel: LOBBY, offset, text: 'second' },
      { channel: LOBBY, offset, text: 'first' },
    ]);
    expect(alice.journal.receipts).toEqual([{ channel: LOBBY, offset, acknowledged: true }]);
    expect(alice.journal.complaints).toEqual([]);
  });

  it('notes what it may not do', async () => {
    const alice = await start('alice', transports[0]!);
    alice.send('room:nowhere', 'x');
    await until(() => alice.journal.sent[0]?.refused !== undefined);
    expect(alice.journal.sent[0]).toMatchObject({
      acknowledged: [],
      refused: expect.stringContaining('unknown_channel'),
    });
  });
}
