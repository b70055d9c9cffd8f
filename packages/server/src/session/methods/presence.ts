/** `presence` and `presence_stats`: who is in a channel now. */
import type { MethodParams } from '@fullduplex/wire';
import type { Session } from '../session.js';
import type { Answer } from './table.js';

export function presence(session: Session, params: MethodParams['presence']): Answer {
  const { chat, presence } = session.services;
  const channel = chat.authorizeRead(session.user, params.channel);
  const clients = presence.clientsOf(channel).map(({ client, user }) => [client, { client, user }] as const);
  return { json: JSON.stringify({ presence: Object.fromEntries(clients) }) };
}

export function presenceStats(session: Session, params: MethodParams['presence_stats']): Answer {
  const { chat, presence } = session.services;
  const channel = chat.authorizeRead(session.user, params.channel);
  const clients = presence.clientsOf(channel);
  const users = new Set(clients.map(({ user }) => user));
  return { json: JSON.stringify({ num_clients: clients.length, num_users: users.size }) };
}
