/** `connect` signs a client in, with what it is to follow; `refresh` prolongs it with another token. */
import { CommandError, type MethodParams } from '@fullduplex/wire';
import type { Identity } from '../services.js';
import type { Session } from '../session.js';
import type { OwnBeginning } from '../subscriptions.js';
import type { Answer } from './table.js';

type Subs = NonNullable<MethodParams['connect']['subs']>;

/** Channels that one answer names; with more, clients ask for the rest. */
const MAX_NAMED = 1000;

export async function connect(session: Session, params: MethodParams['connect']): Promise<Answer> {
  const { services } = session;
  const identity = await services.authenticate(params.token);
  const user = await services.chat.signIn(identity.user);
  if (session.ended) throw new CommandError('bad_request', 'The connection is gone.');
  session.begin(user, identity);
  const wish = wishOf(params.data);
  if (wish === undefined) return { json: resultJson(session, identity, { user }) };
  const recovering = wish.since === undefined ? await recoverApart(session, params.subs ?? {}) : [];
  const own = await session.subscriptions.followMine(wish.since, MAX_NAMED);
  const { cursor, channels, recovered, more } = own;
  const data = {
    user,
    cursor,
    epoch: session.services.hub.epoch,
    ...(recovered === undefined ? {} : { recovered }),
    ...(channels === undefined ? {} : { channels }),
    ...(more ? { more } : {}),
  };
  return {
    json: resultJson(session, identity, data, subsOf(own, recovering)),
    sent: () => {
      for (const { sent } of recovering) sent();
      own.start();
    },
  };
}

export async function refresh(session: Session, params: MethodParams['refresh']): Promise<Answer> {
  const { services } = session;
  const identity = await services.authenticate(params.token);
  if ((await services.chat.signIn(identity.user)) !== session.user) {
    throw new CommandError('unauthorized', 'This token is of another user.');
  }
  session.extend(identity);
  const expires = { expires: false, ...expiry(session, identity) };
  return { json: JSON.stringify({ client: session.id, version: services.version, ...expires }) };
}

function resultJson(session: Session, identity: Identity, data: object, subs?: readonly string[]): string {
  const { version, timing } = session.services;
  const json = JSON.stringify({
    client: session.id,
    version,
    ping: timing.pingInterval,
    pong: true,
    ...expiry(session, identity),
    data,
  });
  return subs === undefined ? json : `${json.slice(0, -1)},"subs":{${subs.join(',')}}}`;
}

function expiry(session: Session, identity: Identity): { expires?: boolean; ttl?: number } {
  if (identity.expiresAt === undefined) return {};
  const left = identity.expiresAt - session.services.clock.now();
  return { expires: true, ttl: Math.max(1, Math.floor(left / 1000)) };
}

/** Whether the client wants to follow what its user belongs to, and from where. @throws {CommandError} */
function wishOf(data: unknown): { readonly since?: string | undefined } | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { follow, since } = data as { follow?: unknown; since?: unknown };
  if (follow !== 'mine') return undefined;
  if (since !== undefined && typeof since !== 'string') {
    throw new CommandError('bad_request', 'connect.data.since: a cursor is text.');
  }
  return { since };
}

interface Recovering {
  readonly channel: string;
  readonly json: string;
  readonly sent: () => void;
}

/** Clients that hold a position for each channel have each recovered for itself, in one answer for all of them. */
async function recoverApart(session: Session, subs: Subs): Promise<readonly Recovering[]> {
  const { chat, limits } = session.services;
  const memberships = await chat.memberships(session.user);
  const room = { bytes: limits.answerBytes, publications: limits.answerPublications };
  const recovering: Recovering[] = [];
  for (const [channel, { recover, offset = 0, epoch }] of Object.entries(subs)) {
    if (recover !== true || !memberships.channels.has(channel)) continue;
    const from = { channel, name: channel, byServer: true, wanted: { after: offset, epoch }, bounds: room };
    const { recovery, json, sent } = await session.subscriptions.subscribe(from);
    room.bytes -= json.length;
    room.publications -= recovery.publications.length;
    recovering.push({ channel, json, sent });
  }
  return recovering;
}

function subsOf({ subs }: OwnBeginning, recovering: readonly Recovering[]): readonly string[] | undefined {
  if (subs === undefined) return undefined;
  return [...recovering.map(({ channel, json }) => `${JSON.stringify(channel)}:${json}`), ...subs];
}
