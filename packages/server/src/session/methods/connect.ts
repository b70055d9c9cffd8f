/** `connect` signs a client in, with what it is to follow; `refresh` prolongs it with another token. */
import { CommandError, type MethodParams } from '@fullduplex/wire';
import { membershipChange } from '../membership.js';
import type { Wanted } from '../recovery.js';
import type { Identity } from '../services.js';
import type { Session } from '../session.js';
import type { Answer } from './table.js';

type Subs = NonNullable<MethodParams['connect']['subs']>;

export async function connect(session: Session, params: MethodParams['connect']): Promise<Answer> {
  const { services } = session;
  const identity = await services.authenticate(params.token);
  const user = await services.chat.signIn(identity.user);
  if (session.ended) throw new CommandError('bad_request', 'The connection is gone.');
  session.begin(user, identity);
  const started: (() => void)[] = [];
  const subs = asksForMine(params.data) ? await followMine(session, params.subs ?? {}, started) : undefined;
  const facts = JSON.stringify({
    client: session.id,
    version: services.version,
    ping: services.timing.pingInterval,
    pong: true,
    ...expiry(session, identity),
    data: { user },
  });
  return {
    json: subs === undefined ? facts : `${facts.slice(0, -1)},"subs":{${subs.join(',')}}}`,
    sent: () => {
      session.renewLease();
      for (const start of started) start();
      session.subscriptions.ready();
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

function expiry(session: Session, identity: Identity): { expires?: boolean; ttl?: number } {
  if (identity.expiresAt === undefined) return {};
  const left = identity.expiresAt - session.services.clock.now();
  return { expires: true, ttl: Math.max(1, Math.floor(left / 1000)) };
}

function asksForMine(data: unknown): boolean {
  return typeof data === 'object' && data !== null && (data as { follow?: unknown }).follow === 'mine';
}

/** Subscribes what the user belongs to; the members of `connect.subs`, encoded. */
async function followMine(session: Session, given: Subs, started: (() => void)[]): Promise<string[]> {
  const { chat } = session.services;
  // First the watching, then the list: what is joined in between is told by the feed.
  await session.subscriptions.followMine();
  const { answerBytes, answerPublications } = session.services.limits;
  // One answer, however many channels.
  const room = { bytes: answerBytes, publications: answerPublications };
  const results: string[] = [];
  const joinedSince = new Set<string>();
  /** Whether more was joined, perhaps, than the recovered part of the user's own feed tells. */
  let partial = false;
  for (const channel of chat.channelsOf(session.user)) {
    if (session.ended) break;
    const isNew = partial || joinedSince.has(channel);
    const wanted = wants(given, channel) ?? (isNew ? await fromJoining(session, channel) : 'now');
    const { recovery, json, sent } = await session.subscriptions.subscribe({
      channel,
      name: channel,
      byServer: true,
      wanted,
      bounds: room,
    });
    room.bytes -= json.length;
    room.publications -= recovery.publications.length;
    // The user's own feed comes first: what was joined since the client's position begins with the joining.
    for (const record of recovery.publications) {
      const change = membershipChange(record);
      if (change?.type === 'joined') joinedSince.add(change.channel);
    }
    if (channel.startsWith('user:')) partial = recovery.recovered && !recovery.complete;
    results.push(`${JSON.stringify(channel)}:${json}`);
    started.push(sent);
  }
  return results;
}

function wants(given: Subs, channel: string): Wanted | undefined {
  const sub = Object.hasOwn(given, channel) ? given[channel] : undefined;
  if (sub?.recover !== true) return undefined;
  return { after: sub.offset ?? 0, epoch: sub.epoch };
}

async function fromJoining(session: Session, channel: string): Promise<Wanted> {
  const from = await session.subscriptions.startOf(channel);
  return from === undefined ? 'now' : { from };
}
