/** What the rules share: the log to append to, the facts that they look at, and the limits. */
import { CommandError, type Position, type Push } from '@fullduplex/wire';
import { type Log, LogError } from '../log/log.js';
import type { ChatLimits } from './chat-limits.js';
import type { FactCache } from './fact-cache.js';
import type { UnderWay } from './under-way.js';
import type { UserMemberships } from './user-memberships.js';

/** What the chat asks of presence, over all nodes. */
export interface ChatPresence {
  /** What is here of the channel's clients and users. */
  stats(channel: string): { readonly clients: number; readonly users: number };
  /** Some of the users who are in the channel, in their known spelling. */
  usersOf(channel: string, limit: number): Promise<readonly string[]>;
  /** Those of the users who are in the channel. */
  present(channel: string, users: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface ChatClock {
  /** Milliseconds since some moment; never goes back. */
  monotonic(): number;
  /** Calls back once, after so many milliseconds, in a turn of its own. Returns what takes it back. */
  after(ms: number, callback: () => void): () => void;
}

export interface Context {
  readonly log: Log;
  readonly presence: ChatPresence;
  readonly clock: ChatClock;
  readonly limits: ChatLimits;
  readonly announce: (channel: string, push: Push) => void;
  readonly facts: FactCache<UserMemberships>;
  /** Of each user, by the folded name: settles once all that may change what they belong to, so far, is over. */
  readonly changing: Map<string, Promise<unknown>>;
  readonly underWay: UnderWay;
  /** What is to be marked as handed over, the last of it, by the keys of the facts. */
  readonly handing: Map<string, Handing>;
}

export interface Handing {
  offset: number;
  /** Too late to raise the offset. */
  begun: boolean;
  /** Settles once the offset is durable. */
  done: Promise<void>;
}

/** Where the channel ends. @throws {CommandError} */
export async function headOf(context: Context, channel: string): Promise<Position> {
  const [head] = await asked(context.log.heads([channel]));
  return positionAt(context, head!.offset);
}

/** The position in a channel, as the log's epoch is now. */
export function positionAt({ log }: Context, offset: number): Position {
  return { epoch: log.epochs.at(-1)!.name, offset };
}

/** What the log answers. @throws {CommandError} */
export async function asked<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw toCommandError(error);
  }
}

/** What a command failed with, as its caller is told. */
export function toCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (!(error instanceof LogError)) {
    return new CommandError('internal', 'Something went wrong in the server.', { cause: error });
  }
  const cause = { cause: error };
  switch (error.code) {
    case 'key_conflict':
      return new CommandError(
        'key_conflict',
        'This key was used before for something else in this channel.',
        cause,
      );
    case 'fact_exists':
      // The one fact that commands make appends depend on in this way.
      return new CommandError('unknown_message', 'This message was deleted.', cause);
    case 'fact_changed':
      return new CommandError('unavailable', 'Too many others change the same now; try again later.', cause);
    case 'record_too_large':
      return new CommandError(
        'message_too_large',
        'This is larger than the server keeps in one record.',
        cause,
      );
    case 'full':
      return new CommandError('storage_full', 'The server has no room for this now; try again later.', cause);
    case 'closed':
      return new CommandError('shutting_down', 'The server is shutting down.', cause);
    case 'unavailable':
      return new CommandError(
        'unavailable',
        'The server cannot reach its storage now; try again later.',
        cause,
      );
  }
}
