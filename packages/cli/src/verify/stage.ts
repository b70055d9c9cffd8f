/** Sets the stage: who takes part, and in which channels. */

import { ask } from './ask.js';
import type { PlainReader } from './check/check-plain.js';
import { ClientParticipant } from './client-participant.js';
import type { CommandQueue } from './commands.js';
import { HttpParticipant } from './http-participant.js';
import { Journal } from './journal.js';
import { type Participant, type ParticipantOptions, sleep } from './participant.js';
import { PlainParticipant } from './plain-participant.js';
import { TRANSPORTS } from './plan.js';
import { Publisher } from './publisher.js';
import { Random } from './random.js';
import { SessionParticipant } from './session-participant.js';
import type { Asked } from './truth/history-truth.js';

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
  /** Those that sign in, and read and write. */
  readonly actors: readonly Actor[];
  /** Those on the plain addresses, and a back end. */
  readonly others: readonly Actor[];
  /** What is read on the plain addresses. */
  readonly plain: readonly PlainReader[];
  /** Everyone is in it. */
  readonly room: string;
  /** Nobody is in it at first. */
  readonly late: string;
  /** Only its members see it, and whoever made it invites. */
  readonly club?: string;
  readonly host: CommandQueue | undefined;
  /** Rooms that people come to and go from. */
  readonly open: ReadonlySet<string>;
  /** Whose history is asked for, where there is no other way. */
  readonly asked: () => Asked[];
}

export interface StageOptions {
  /** A server, past the proxy. */
  readonly direct: string;
  /** The proxy. */
  readonly url: string;
  readonly seed: string;
  readonly participants: number;
  /** In the names of users and rooms, so that a server can be checked more than once. */
  readonly id: string;
  /** Of a server of our own, which is nobody else's to disturb. */
  readonly apiKey?: string | undefined;
}

/** Kinds of participants, in turn: half of them bare, half of them `@fullduplex/client`. */
const KINDS: readonly ((options: ParticipantOptions) => Participant)[] = [
  (options) =>
    options.transport === 'websocket' ? new SessionParticipant(options) : new HttpParticipant(options),
  (options) => new ClientParticipant(options),
];

export async function setStage(options: StageOptions): Promise<Stage> {
  const { direct, participants, id, apiKey } = options;
  const isOurs = apiKey !== undefined;
  const users = Array.from({ length: participants }, (_, index) => `verify-${id}-${index}`);
  const tokens = await Promise.all(users.map((user) => signIn(direct, user)));
  const tokenOf = (index: number): string => tokens[index] ?? '';
  const command = (index: number, method: string, params: unknown): Promise<unknown> =>
    ask(direct, `/api/commands/${method}`, params, tokenOf(index));

  const name = (what: string): string => `verify-${id}-${what}`;
  const make = async (what: string, more: object = {}): Promise<string> => {
    await command(0, 'room.create', { name: name(what), ...more });
    return `room:${name(what)}`;
  };
  const [room, half, late] = [await make('all'), await make('half'), await make('late')];
  // Whoever makes a room belongs to it.
  await command(0, 'room.leave', { channel: late });
  const club = isOurs ? await make('club', { private: true }) : undefined;
  const open = new Set(club === undefined ? [] : [late, club]);
  const channels = await Promise.all(
    users.map(async (_, index) => {
      const rooms = index % 2 === 0 ? [room, half] : [room];
      for (const channel of rooms) await command(index, 'room.join', { channel });
      const other = users[(index + 1) % participants];
      const { channel } = (await command(index, 'direct.open', { user: other })) as { channel: string };
      return [...rooms, channel, ...(isOurs && index % 4 === 0 ? [LOBBY] : [])];
    }),
  );

  const feed = `feed:${name('news')}`;
  const actors = users.map((user, index): Actor => {
    const transport = TRANSPORTS[(index >> 1) % TRANSPORTS.length] ?? 'websocket';
    const isBare = index % 2 === 0;
    const journal = new Journal(user, isBare ? 'bare' : 'client', isBare ? `bare ${transport}` : 'client');
    if (isOurs && isBare && transport !== 'websocket') journal.besides.push(feed);
    const random = new Random(`${options.seed}/${index}`);
    const token = tokenOf(index);
    const create = KINDS[index % KINDS.length] as (options: ParticipantOptions) => Participant;
    const participant = create({ user, token, url: options.url, transport, random, journal, open });
    return { participant, token, channels: channels[index] ?? [] };
  });
  const { others, plain } = isOurs ? setOthers(options, apiKey, feed) : { others: [], plain: [] };
  await startAll([...actors, ...others]);
  const base = {
    actors,
    others,
    plain,
    room,
    late,
    open,
    host: isOurs ? actors[0]?.participant.commands : undefined,
    asked: () => askedOf(actors, [LOBBY, room, half, late]),
  };
  return club === undefined ? base : { ...base, club };
}

/** Those that do not sign in. */
function setOthers(
  { url, seed, id }: StageOptions,
  apiKey: string,
  feed: string,
): { others: Actor[]; plain: PlainReader[] } {
  const others: Actor[] = [];
  const plain: PlainReader[] = [];
  const random = (what: string): Random => new Random(`${seed}/${what}`);
  const add = (participant: Participant, channel: string): void => {
    others.push({ participant, token: '', channels: [channel] });
  };
  const backend = new Journal(`verify-${id}-backend`, 'writer', 'back end');
  add(new Publisher({ url, apiKey, random: random('backend'), journal: backend }), feed);
  // Nobody has a name there.
  const group = new Journal('', 'writer', '/ws');
  add(
    new PlainParticipant({ path: '/ws', channel: LOBBY, url, random: random('ws'), journal: group }),
    LOBBY,
  );
  plain.push({ journal: group, channel: LOBBY });
  const pair = ['ann', 'ben'].map((who) => `verify-${id}-${who}`) as [string, string];
  const channel = `direct:${pair[0]},${pair[1]}`;
  for (const [index, user] of pair.entries()) {
    const to = pair[1 - index] ?? '';
    const journal = new Journal(user, 'writer', '/ws/NAME');
    add(
      new PlainParticipant({ path: `/ws/${user}`, channel, to, url, random: random(user), journal }),
      channel,
    );
    plain.push({ journal, channel, from: to });
  }
  return { others, plain };
}

function askedOf(actors: readonly Actor[], shared: readonly string[]): Asked[] {
  const wanted = new Map<string, string>(shared.map((channel) => [channel, actors[0]?.token ?? '']));
  for (const { channels, token, participant } of actors) {
    for (const channel of channels) if (!wanted.has(channel)) wanted.set(channel, token);
    wanted.set(`user:${participant.journal.user}`, token);
  }
  return [...wanted].map(([channel, token]) => {
    const starts = actors.map(({ participant }) => participant.journal.baseline.get(channel)?.offset);
    return { channel, token, after: channel === LOBBY ? Math.min(...starts.map((start) => start ?? 0)) : 0 };
  });
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
  const kinds = [...waiting].map(({ participant }) => participant.journal.name);
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
