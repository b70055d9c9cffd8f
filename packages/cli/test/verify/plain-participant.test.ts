import { createServer, type Server } from '@fullduplex/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../src/verify/journal.js';
import { PlainParticipant } from '../../src/verify/plain-participant.js';
import { Random } from '../../src/verify/random.js';

const LOBBY = 'room:lobby';
let server: Server;
let url: string;
let participants: PlainParticipant[];

beforeEach(async () => {
  participants = [];
  server = createServer({ port: 0 });
  ({ url } = await server.listen());
});
afterEach(async () => {
  await Promise.all(participants.map((participant) => participant.close()));
  await server.close();
});

async function start(path: string, channel: string, to?: string): Promise<PlainParticipant> {
  const journal = new Journal(path.slice(4), 'writer', path);
  const random = new Random(path);
  const participant = new PlainParticipant({ path, channel, url, random, journal, ...(to && { to }) });
  participants.push(participant);
  await participant.start();
  return participant;
}

describe('PlainParticipant', () => {
  it('takes down what comes at /ws, of each connection by itself', async () => {
    const [one, other] = [await start('/ws', LOBBY), await start('/ws', LOBBY)];
    one.send(LOBBY, 'first');
    await vi.waitFor(() => expect(other.journal.plain).toEqual([['first']]));
    other.hop();
    await vi.waitFor(() => expect(other.journal.plain).toHaveLength(2));
    await vi.waitFor(() => {
      one.send(LOBBY, 'again');
      expect(other.journal.plain[1]).toContain('again');
    });
    expect(one.journal.sent[0]).toMatchObject({ channel: LOBBY, text: 'first', acknowledged: [] });
  });

  it('takes down what comes at /ws/NAME, also what was sent while it was away', async () => {
    const channel = 'direct:ann,ben';
    const ann = await start('/ws/ann', channel, 'ben');
    ann.send(channel, 'early');
    const ben = await start('/ws/ben', channel, 'ann');
    await vi.waitFor(() => expect(ben.journal.plain).toEqual([['early']]));
    expect(ben.journal.complaints).toEqual([]);
  });
});
