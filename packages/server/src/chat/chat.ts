/**
 * The chat: who may do what, and what it appends. It puts the rules together; it knows the log only by its contract,
 * and nothing of sessions, transports or connections.
 */
import {
  type Appended,
  type CommandName,
  type CommandResults,
  foldName,
  LOBBY,
  type Push,
} from '@fullduplex/wire';
import type { ChannelLog } from '../log/channel-log.js';
import type { Presence } from '../presence/presence.js';
import { requireUser, resolveReadable } from './access.js';
import { requireCommand, runCommand } from './commands.js';
import { type Context, toCommandError } from './context.js';
import { Directory } from './directory.js';
import { roomFact } from './facts.js';
import { type ChatLimits, DEFAULT_LIMITS } from './limits.js';
import { Locks } from './locks.js';
import { forgetMessages, sendDirect } from './messages.js';
import { publish, publishAs } from './publish.js';
import { handedOver, markHandedOver } from './receipts.js';
import { signIn } from './users.js';

export interface ChatOptions {
  readonly log: ChannelLog;
  readonly presence: Presence;
  readonly limits?: Partial<ChatLimits>;
  /** Tells whoever follows the channel now; never stored. */
  readonly announce: (channel: string, push: Push) => void;
}

/** Everything here throws `CommandError` and nothing else. */
export class Chat {
  readonly #context: Context;

  private constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Loads the directory from the log's facts, and makes the lobby if there is none.
   *
   * @throws {CommandError}
   */
  static async open({ log, presence, limits, announce }: ChatOptions): Promise<Chat> {
    try {
      const directory = await Directory.load(log);
      if (directory.conversation(LOBBY) === undefined) {
        const name = LOBBY.slice(LOBBY.indexOf(':') + 1);
        await log.append({ records: [], facts: [roomFact(foldName(name), { name })] });
        directory.addRoom({ name, private: false, provisional: false });
      }
      const locks = new Locks();
      const all = { ...DEFAULT_LIMITS, ...limits };
      return new Chat({ log, presence, directory, locks, limits: all, announce, handing: new Map() });
    } catch (error) {
      throw toCommandError(error);
    }
  }

  /**
   * Makes the user of this name known, durably, and a member of the lobby, where that is new. Answers the name in its
   * known spelling, which all else takes.
   *
   * @throws {CommandError} `invalid_name`, `limit_exceeded`
   */
  async signIn(name: unknown): Promise<string> {
    return (await signIn(this.#context, name)).name;
  }

  /**
   * Runs one command of the table for the user.
   *
   * @throws {CommandError} `method_not_found`, `unknown_user`, `bad_request`, and those of the command
   */
  execute<Name extends CommandName>(
    method: Name,
    user: string,
    params: unknown,
  ): Promise<CommandResults[Name]>;
  execute(method: string, user: string, params: unknown): Promise<unknown>;
  async execute(method: string, user: string, params: unknown): Promise<unknown> {
    const name = requireCommand(method);
    try {
      return await runCommand(this.#context, name, requireUser(this.#context, user), params);
    } catch (error) {
      throw toCommandError(error);
    }
  }

  /**
   * Appends the JSON object as it came, where the user may write. Objects of the types that commands append keep to
   * their rules.
   *
   * @throws {CommandError}
   */
  async publish(user: string, channel: string, data: unknown, key?: string): Promise<Appended> {
    return publish(this.#context, requireUser(this.#context, user), channel, data, key);
  }

  /**
   * A back end's publication to `feed:NAME` or to a room. The sender is a name, and need not be a user's.
   *
   * @throws {CommandError}
   */
  async publishAs(sender: string, channel: string, data: unknown, key?: string): Promise<Appended> {
    return publishAs(this.#context, sender, channel, data, key);
  }

  /** The records `from` to `to` of the channel are gone: forgets what is kept about them. @throws {CommandError} */
  async forget(channel: string, from: number, to: number): Promise<void> {
    return forgetMessages(this.#context, channel, from, to);
  }

  /**
   * The channel in its known spelling, where the user may read it.
   *
   * @throws {CommandError} `unknown_channel`, `permission_denied`, `invalid_name`, `unknown_user`
   */
  authorizeRead(user: string, channel: string): string {
    return resolveReadable(this.#context, requireUser(this.#context, user), channel).channel;
  }

  /** What the user belongs to now, their own feed first. */
  channelsOf(user: string): readonly string[] {
    const { feed, conversations } = requireUser(this.#context, user);
    return [feed, ...conversations.keys()];
  }

  /** How far the conversation was handed over to the user's plain connections, or read, whichever is farther. */
  handedOver(user: string, channel: string): number {
    return handedOver(this.#context, requireUser(this.#context, user), channel);
  }

  /** Resolves once it is durable. Going back changes nothing. @throws {CommandError} */
  async markHandedOver(user: string, channel: string, offset: number): Promise<void> {
    return markHandedOver(this.#context, requireUser(this.#context, user), channel, offset);
  }

  /**
   * Sends a direct message to a name that may never have signed in: it becomes known, and the message waits.
   *
   * @throws {CommandError}
   */
  async sendDirect(
    from: string,
    to: unknown,
    text: unknown,
    key?: string,
  ): Promise<{ readonly channel: string } & Appended> {
    return sendDirect(this.#context, requireUser(this.#context, from), to, text, key);
  }
}
