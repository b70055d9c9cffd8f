/** `presence` and `presence_stats`: who is in a channel now, on whatever node. */
import type { MethodParams } from '@fullduplex/wire';
import type { Answer, MethodSession } from './answer.js';

/** Clients that one answer tells of; `presence_stats` counts all of them. */
const MAX_LISTED = 1000;

export async function presence(session: MethodSession, params: MethodParams['presence']): Promise<Answer> {
  const { chat, presence } = session.services;
  const channel = await chat.authorizeRead(session.user, params.channel);
  const leases = await presence.clientsOf(channel, MAX_LISTED);
  const clients = leases.map(({ client, user }) => [client, { client, user }] as const);
  return { json: JSON.stringify({ presence: Object.fromEntries(clients) }) };
}

export async function presenceStats(
  session: MethodSession,
  params: MethodParams['presence_stats'],
): Promise<Answer> {
  const { chat, presence } = session.services;
  const { clients, users } = presence.stats(await chat.authorizeRead(session.user, params.channel));
  return { json: JSON.stringify({ num_clients: clients, num_users: users }) };
}
