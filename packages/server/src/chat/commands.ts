/** The table of chat commands: what each method does. One table serves `rpc` and `POST /api/commands/METHOD`. */
import {
  COMMANDS,
  CommandError,
  type CommandName,
  type CommandParams,
  type CommandResults,
} from '@fullduplex/wire';
import type { Context } from './context.js';
import { openDirect } from './direct.js';
import { readHistory } from './history.js';
import { inviteToRoom, joinRoom, leaveRoom, listMembers } from './members.js';
import { deleteMessage, editMessage, reactToMessage, sendMessage } from './messages.js';
import { markRead } from './receipts.js';
import { createRoom, listRooms } from './rooms.js';
import { readState } from './state.js';
import { setTyping } from './typing.js';
import type { User } from './user.js';

type Handler<Name extends CommandName> = (
  context: Context,
  user: User,
  params: CommandParams[Name],
) => Promise<CommandResults[Name]>;

const HANDLERS: { readonly [Name in CommandName]: Handler<Name> } = {
  'room.create': createRoom,
  'room.join': joinRoom,
  'room.leave': leaveRoom,
  'room.invite': inviteToRoom,
  'room.list': listRooms,
  'message.send': sendMessage,
  'message.edit': editMessage,
  'message.delete': deleteMessage,
  'message.react': reactToMessage,
  'receipt.read': markRead,
  'typing.set': setTyping,
  'direct.open': openDirect,
  'channel.history': readHistory,
  'channel.members': listMembers,
  'me.state': readState,
};

/** @throws {CommandError} `method_not_found` */
export function requireCommand(method: string): CommandName {
  if (Object.hasOwn(COMMANDS, method)) return method as CommandName;
  throw new CommandError('method_not_found', `There is no command ${JSON.stringify(method.slice(0, 64))}.`);
}

/** @throws {CommandError} `bad_request` for parameters that are not the command's, and those of the command */
export function runCommand<Name extends CommandName>(
  context: Context,
  name: Name,
  user: User,
  params: unknown,
): Promise<CommandResults[Name]> {
  const parsed = COMMANDS[name].safeParse(params ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? name : issue.path.join('.');
    throw new CommandError('bad_request', `${where}: ${issue?.message ?? 'not what the command takes'}`);
  }
  const handler: Handler<Name> = HANDLERS[name];
  return handler(context, user, parsed.data as CommandParams[Name]);
}
