/** Sets the stage: who takes part, in which channels, and what the server holds of these at the end. */
import type { ChannelRecords } from './check.js';
import { ClientParticipant } from './client-participant.js';
import { HttpParticipant } from './http-participant.js';
import { Journal } from './journal.js';
import { type Participant, type ParticipantOptions, sleep } from './participant.js';
import { TRANSPORTS } from './plan.js';
import { Random } from './random.js';
import { SessionParticipant } from './session-participant.js';
import { ask, readChannel } from './target.js';

const LOBBY = 'room:lobby';
/** How long everyone may take to be connected, in milliseconds. */
const START_LIMIT = 30_000;
/** How long everyone may take to say goodbye, in milliseconds. */
const CLOSE_LIMIT = 10_000;

export interface Actor {
  readonly participant: Participant;
  readonly token: string;
  /** Where it writes. */
  readonly channels: readonly string[];
}

export interface Stage {
  readonly actors: readonly Actor[];
  /** Everyone is in it. */
  readonly room: string;
  /** Nobody is in it at first. */
  readonly late: string;
  /** All that the log holds now of every channel that anyone reads. */
  readonly records: () => Promise<ChannelRecords[]>;
}

export interface StageOptions {
  /** The server, past the proxy. */
  readonly direct: string;
  /** The proxy. */
  readonly url: string;
  readonly seed: string;
  readonly participants: number;
  /** In the names of users and rooms, so that a server can be checked more than once. */
  readonly id: string;
}

/** Kinds of participants, in turn: half of them bare, half of them `@fullduplex/client`. */
const KINDS: readonly ((options: ParticipantOptions) => Participant)[] = [
  (options) =>
    options.transport === 'websocket' ? new SessionParticipant(options) : new HttpParticipant(options),
  (options) => new ClientParticipant(options),
];

export async function setStage({ direct, url, seed, participants, id }: StageOptions): Promise<Stage> {
  const users = Array.from({ length: participants }, (_, index) => `verify-${id}-${index}`);
  const tokens = await Promise.all(users.map((user) => signIn(direct, user)));
  const tokenOf = (index: number): string => tokens[index] ?? '';
  const command = (index: number, method: string, params: unknown): Promise<unknown> =>
    ask(direct, `/api/commands/${method}`, params, tokenOf(index));

  const [room, half, late] = ['all', 'half', 'late'].map((name) => `room:verify-${id}-${name}`) as [
    string,
    string,
    string,
  ];
  for (const channel of [room, half, late]) {
    await command(0, 'room.create', { name: channel.slice('room:'.length) });
  }
  // Whoever makes a room belongs to it.
  await command(0, 'room.leave', { channel: late });
  const channels = await Promise.all(
    users.map(async (_, index) => {
      const rooms = index % 2 === 0 ? [room, half] : [room];
      for (const channel of rooms) await command(index, 'room.join', { channel });
      const other = users[(index + 1) % participants];
      const { channel } = (await command(index, 'direct.open', { user: other })) as { channel: string };
      return [...rooms, channel];
    }),
  );

  const actors = users.map((user, index): Actor => {
    const transport = TRANSPORTS[(index >> 1) % TRANSPORTS.length] ?? 'websocket';
    const make = KINDS[index % KINDS.length] as (options: ParticipantOptions) => Participant;
    const kind = index % 2 === 0 ? `bare ${transport}` : 'client';
    const random = new Random(`${seed}/${index}`);
    const journal = new Journal(user, kind);
    const participant = make({ user, token: tokenOf(index), url, transport, random, journal });
    return { participant, token: tokenOf(index), channels: channels[index] ?? [] };
  });
  await startAll(actors);

  const shared = [LOBBY, room, half, late];
  const records = async (): Promise<ChannelRecords[]> => {
    const wanted = new Map<string, string>(shared.map((channel) => [channel, tokenOf(0)]));
    for (const { channels: own, token, participant } of actors) {
      for (const channel of own) if (!wanted.has(channel)) wanted.set(channel, token);
      wanted.set(`user:${participant.journal.user}`, token);
    }
    const logs: ChannelRecords[] = [];
    for (const [channel, token] of wanted) {
      const starts = actors.map(({ participant }) => participant.journal.baseline.get(channel)?.offset);
      const after = channel === LOBBY ? Math.min(...starts.map((start) => start ?? 0)) : 0;
      logs.push(await readChannel(direct, token, channel, after));
    }
    return logs;
  };
  return { actors, room, late, records };
}

/** @throws {Error} who could not connect in time; then nobody is connected any more */
async function startAll(actors: readonly Actor[]): Promise<void> {
  const waiting = new Set(actors);
  const started = actors.map(async (actor) => {
    await actor.participant.start();
    waiting.delete(actor);
  });
  const late = new AbortController();
  await Promise.race([Promise.all(started), sleep(START_LIMIT, late.signal)]);
  late.abort();
  if (waiting.size === 0) return;
  await closeAll(actors);
  const kinds = [...waiting].map(({ participant }) => participant.journal.kind);
  throw new Error(`These clients could not connect: ${kinds.join(', ')}.`);
}

/** Harmless when said again. Whoever does not come to an end in time is not waited for. */
export async function closeAll(actors: readonly Actor[]): Promise<void> {
  const late = new AbortController();
  const closed = Promise.all(actors.map(({ participant }) => participant.close()));
  await Promise.race([closed, sleep(CLOSE_LIMIT, late.signal)]);
  late.abort();
}

async function signIn(url: string, name: string): Promise<string> {
  return ((await ask(url, '/api/guest', { name })) as { token: string }).token;
}
