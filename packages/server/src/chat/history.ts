/** What was said in a channel, by offset. */
import type { CommandParams, CommandResults } from '@fullduplex/wire';
import { resolveReadable } from './access.js';
import { asked, type Context } from './context.js';
import { look } from './decide.js';
import { toPublication } from './publication.js';
import type { User } from './user.js';

const DEFAULT_HISTORY = 50;

/**
 * The publications after an offset, the oldest of them first taken; or, without `after`, the newest that fit before
 * `before`, or before the end. In either case oldest first. There may be fewer than the limit although there are
 * more: compare with the head, `offset`.
 *
 * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`, and what reading throws
 */
export async function readHistory(
  context: Context,
  user: User,
  { channel, after, before, limit = DEFAULT_HISTORY }: CommandParams['channel.history'],
): Promise<CommandResults['channel.history']> {
  const target = await look(context, user.fold, () => resolveReadable(context, user, channel));
  const { records, head, gap } = await asked(
    context.log.read({
      channel: target.channel,
      ...(after === undefined ? { newestFirst: true } : { after }),
      ...(before === undefined ? {} : { before }),
      limit,
      maxBytes: context.limits.maxHistoryBytes,
    }),
  );
  const publications = records.map(toPublication);
  const answer = { publications, epoch: head.epoch, offset: head.offset };
  return gap === undefined ? answer : { ...answer, gap };
}
