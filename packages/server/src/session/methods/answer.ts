/** What a method is given, and what it answers. */
import type { MethodName, MethodParams } from '@fullduplex/wire';
import type { SessionBase, SignedIn } from '../client-session.js';
import type { Subscriptions } from '../subscriptions.js';

/** The session that a method is carried out for. */
export interface MethodSession extends SessionBase, SignedIn {
  readonly subscriptions: Subscriptions;
}

export interface Answer {
  /** The method's result. */
  readonly json: string;
  /** Called once the answer was queued to the connection: what it lets begin comes after it. */
  readonly sent?: () => void;
}

/** Throws `CommandError` for what the client is to be told. */
export type Method<Name extends MethodName> = (
  session: MethodSession,
  params: MethodParams[Name],
) => Answer | Promise<Answer>;

export const NOTHING: Answer = { json: '{}' };
