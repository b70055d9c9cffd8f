/** How far a user has read a conversation, or was handed it over: offsets that only move forward. */
import { CommandError, type CommandParams, type CommandResults, type ReadData } from '@fullduplex/wire';
import { requireMember, resolveReadable } from './access.js';
import { appendOr, type Context, headOf } from './context.js';
import type { User } from './directory.js';
import { type PositionKind, positionFact } from './facts.js';

/**
 * Marks the conversation as read up to the offset, or up to its head when that is before it, and tells the user's
 * other devices by their own feed. Answers how far it is read now; going back changes nothing.
 *
 * @throws {CommandError} `unknown_channel`, `not_a_member`, `permission_denied`, and what appending throws
 */
export async function markRead(
  context: Context,
  user: User,
  params: CommandParams['receipt.read'],
): Promise<CommandResults['receipt.read']> {
  const { directory, locks } = context;
  const channel = resolveOwn(context, user, params.channel);
  return locks.run(`read/${user.fold}/${channel}`, async () => {
    const { epoch, offset: head } = await headOf(context, channel);
    const offset = Math.min(params.offset, head);
    const before = directory.positions(user, channel).read;
    if (offset <= before) return { position: { epoch, offset: before } };
    const read: ReadData = { type: 'read', channel, offset };
    const record = { channel: user.feed, sender: user.name, data: JSON.stringify(read) };
    const facts = [positionFact('read', user.fold, channel, offset)];
    directory.setPosition(user, channel, 'read', offset);
    await appendOr(context, { records: [record], facts }, () =>
      restore(context, user, channel, 'read', before),
    );
    return { position: { epoch, offset } };
  });
}

/** The farther of what was handed over to the user's plain connections and what the user has read; 0 for neither. */
export function handedOver(context: Context, user: User, channel: string): number {
  const { read, handed } = context.directory.positions(user, resolveReadable(context, user, channel).channel);
  return Math.max(read, handed);
}

/**
 * Marks the conversation as handed over up to the offset; going back changes nothing.
 *
 * @throws {CommandError} as `markRead`
 */
export async function markHandedOver(
  context: Context,
  user: User,
  given: string,
  offset: number,
): Promise<void> {
  const { directory, locks } = context;
  const channel = resolveOwn(context, user, given);
  const lock = `handed/${user.fold}/${channel}`;
  // What is marked while a fact is being written takes one more, however many marks there were.
  const wanted = Math.max(context.handing.get(lock) ?? 0, offset);
  context.handing.set(lock, wanted);
  return locks.run(lock, async () => {
    const before = directory.positions(user, channel).handed;
    const latest = Math.max(context.handing.get(lock) ?? 0, offset);
    context.handing.delete(lock);
    if (latest <= before) return;
    directory.setPosition(user, channel, 'handed', latest);
    const facts = [positionFact('handed', user.fold, channel, latest)];
    await appendOr(context, { records: [], facts }, () => restore(context, user, channel, 'handed', before));
  });
}

function resolveOwn(context: Context, user: User, channel: string): string {
  const target = resolveReadable(context, user, channel);
  if (target.kind === 'conversation') {
    requireMember(target.conversation, user);
    return target.channel;
  }
  throw new CommandError('not_a_member', 'Only conversations that you belong to have read positions.');
}

function restore(context: Context, user: User, channel: string, of: PositionKind, offset: number): void {
  context.directory.setPosition(user, channel, of, offset);
}
