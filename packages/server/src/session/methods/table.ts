/** Which function carries out which method of the protocol. */
import type { MethodName, MethodParams } from '@fullduplex/wire';
import type { Command } from '../codec.js';
import { type Answer, type Method, type MethodSession, NOTHING } from './answer.js';
import { connect, refresh } from './connect.js';
import { history } from './history.js';
import { presence, presenceStats } from './presence.js';
import { publish } from './publish.js';
import { rpc } from './rpc.js';
import { subscribe, unsubscribe } from './subscribe.js';

const TABLE: { readonly [Name in MethodName]: Method<Name> } = {
  connect,
  refresh,
  subscribe,
  unsubscribe,
  publish,
  history,
  presence,
  presence_stats: presenceStats,
  rpc,
  ping: () => NOTHING,
  // A message to the server itself; there is nothing here that listens.
  send: () => NOTHING,
};

/** Carries out a command. What it appends is appended in the order of the calls. */
export async function call(session: MethodSession, command: Command): Promise<Answer> {
  if (command.method !== 'ping' && command.method !== 'send') session.services.requireContact();
  return run(session, command.method, command.params);
}

function run<Name extends MethodName>(
  session: MethodSession,
  name: Name,
  params: MethodParams[Name],
): Answer | Promise<Answer> {
  return TABLE[name](session, params);
}
