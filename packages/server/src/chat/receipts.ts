/** How far a user has read a conversation, or was handed it over: offsets that only move forward. */
import { CommandError, type CommandParams, type CommandResults, type ReadData } from '@fullduplex/wire';
import { requireMember, resolveReadable } from './access.js';
import { asked, type Context, type Handing, headOf, positionAt } from './context.js';
import { decide, look } from './decide.js';
import { handedKey, numberOf, readKey } from './facts.js';
import type { User } from './user.js';
import type { Membership } from './user-memberships.js';

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
  const { channel } = await look(context, user.fold, () => resolveOwn(context, user, params.channel));
  const offset = await within(context, channel, params.offset);
  const key = readKey(user.fold, channel);
  return decide(context, user.fold, () => {
    const { condition } = resolveOwn(context, user, channel);
    const fact = context.facts.get(key);
    const before = numberOf(fact);
    if (offset <= before) return { result: { position: positionAt(context, before) } };
    const read: ReadData = { type: 'read', channel, offset };
    return {
      append: {
        records: [{ channel: user.feed, sender: user.name, data: JSON.stringify(read) }],
        facts: [{ key, atLeast: offset }],
        // That the feed, too, only moves forward.
        when: [condition, { key, id: fact?.id ?? 0 }],
      },
      answer: () => ({ position: positionAt(context, offset) }),
    };
  });
}

/**
 * The farther of what was handed over to the user's plain connections and what the user has read; 0 for neither.
 *
 * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`, `unknown_user`
 */
export async function handedOver(context: Context, user: User, given: string): Promise<number> {
  const { channel } = await look(context, user.fold, () => resolveReadable(context, user, given));
  const { facts } = await asked(
    context.log.facts([readKey(user.fold, channel), handedKey(user.fold, channel)]),
  );
  return Math.max(...facts.map(numberOf));
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
  const { handing } = context;
  const { channel } = await look(context, user.fold, () => resolveOwn(context, user, given));
  const key = handedKey(user.fold, channel);
  const last = handing.get(key);
  // What is marked while one is being written takes one more, however many marks there were.
  if (last?.begun === false) {
    last.offset = Math.max(last.offset, offset);
    return last.done;
  }
  const mine: Handing = { offset, begun: last === undefined, done: Promise.resolve() };
  const writing = last === undefined ? write() : last.done.catch(() => {}).then(write);
  mine.done = writing.finally(() => {
    if (handing.get(key) === mine) handing.delete(key);
  });
  handing.set(key, mine);
  return mine.done;

  function write(): Promise<void> {
    mine.begun = true;
    return decide(context, user.fold, () => {
      const { condition } = resolveOwn(context, user, channel);
      const facts = [{ key, atLeast: mine.offset }];
      return { append: { records: [], facts, when: [condition] }, answer: () => undefined };
    });
  }
}

/** The offset, or the head where that is before it. */
async function within(context: Context, channel: string, offset: number): Promise<number> {
  const head = await headOf(context, channel);
  if (offset <= head.offset) return offset;
  // Another node may have told of it before this one has it.
  await asked(context.log.catchUp());
  return Math.min(offset, (await headOf(context, channel)).offset);
}

function resolveOwn(context: Context, user: User, channel: string): Membership {
  const target = resolveReadable(context, user, channel);
  if (target.kind === 'direct') return target.membership;
  if (target.kind === 'room') return requireMember(target);
  throw new CommandError('not_a_member', 'Only conversations that you belong to have read positions.');
}
