/** What the rules share: the log to append to, the directory that they keep true, and the limits. */
import { CommandError, type Position, type Push } from '@fullduplex/wire';
import { type Append, type Appended, type ChannelLog, LogError, type NewRecord } from '../log/channel-log.js';
import type { Presence } from '../presence/presence.js';
import type { Directory } from './directory.js';
import type { ChatLimits } from './limits.js';
import type { Locks } from './locks.js';

export interface Context {
  readonly log: ChannelLog;
  readonly presence: Presence;
  readonly directory: Directory;
  readonly locks: Locks;
  readonly limits: ChatLimits;
  readonly announce: (channel: string, push: Push) => void;
  /** Offsets that are to be marked as handed over next, by the lock of user and channel. */
  readonly handing: Map<string, number>;
}

/**
 * Appends what a change of the directory comes with. The change was made before, since who follows the log is told
 * before the append resolves and must find the directory as the records say; `undo` takes it back when the append
 * fails. To be called under the lock of what was changed.
 *
 * @throws {CommandError}
 */
export async function appendOr(
  context: Context,
  append: Append,
  undo: () => void,
): Promise<readonly Appended[]> {
  try {
    return await context.log.append(append);
  } catch (error) {
    undo();
    throw toCommandError(error);
  }
}

/** @throws {CommandError} */
export async function appendRecord(
  context: Context,
  record: NewRecord,
  more: Omit<Append, 'records'> = {},
): Promise<Appended> {
  try {
    const [appended] = await context.log.append({ records: [record], ...more });
    return appended!;
  } catch (error) {
    throw toCommandError(error);
  }
}

/** Where the channel ends now. @throws {CommandError} */
export async function headOf(context: Context, channel: string): Promise<Position> {
  try {
    const [head] = await context.log.heads([channel]);
    return head!;
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
      // The one fact that appends are made to depend on.
      return new CommandError('unknown_message', 'This message was deleted.', cause);
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
      return new CommandError('internal', 'The server cannot reach its storage now; try again later.', cause);
  }
}
