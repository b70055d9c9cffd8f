/** That someone is typing: told to whoever follows the channel now, and never stored. */
import type { CommandParams, CommandResults } from '@fullduplex/wire';
import { resolveWritable } from './access.js';
import type { Context } from './context.js';
import { look } from './decide.js';
import type { User } from './user.js';

/** @throws {CommandError} those of writing to the channel */
export async function setTyping(
  context: Context,
  user: User,
  { channel, typing }: CommandParams['typing.set'],
): Promise<CommandResults['typing.set']> {
  const target = await look(context, user.fold, () => resolveWritable(context, user, channel));
  const data = { type: 'typing', channel: target.channel, user: user.name, typing };
  context.announce(target.channel, { channel: target.channel, message: { data } });
  return {};
}
