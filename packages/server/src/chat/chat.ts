/**
 * The chat: who may do what, and what it appends. It puts the rules together; it knows the log only by its contract,
 * and nothing of sessions, transports or connections. What it keeps in memory is a cache: whoever follows the log's tail
 * says `changed` and `skipped`, and nothing else changes it.
 */
import {
  type Appended,
  type CommandName,
  type CommandResults,
  foldName,
  LOBBY,
  type Push,
} from '@fullduplex/wire';
import type { Memberships } from '../delivery/memberships.js';
import { type Log, LogError, type TailRecord } from '../log/log.js';
import { resolveReadable } from './access.js';
import { type ChatLimits, DEFAULT_LIMITS } from './chat-limits.js';
import { requireCommand, runCommand } from './commands.js';
import { asked, type ChatClock, type ChatPresence, type Context, toCommandError } from './context.js';
import { look } from './decide.js';
import { FactCache } from './fact-cache.js';
import { listedKey, roomKey, seenKey } from './facts.js';
import { forgetMessages, sendDirect } from './messages.js';
import { publish, publishAs } from './publish.js';
import { handedOver, markHandedOver } from './receipts.js';
import { RecentlyAsked } from './recently-asked.js';
import { UnderWay } from './under-way.js';
import type { User } from './user.js';
import { findUser, membershipsOf, requireUser, signIn } from './users.js';

export interface ChatOptions {
  readonly log: Log;
  readonly presence: ChatPresence;
  readonly clock: ChatClock;
  readonly limits?: Partial<ChatLimits>;
  /** The most bytes of facts that are kept in memory, beside the memberships that are watched. 64 MiB. */
  readonly cacheBytes?: number;
  /** Tells whoever follows the channel now; never stored. */
  readonly announce: (channel: string, push: Push) => void;
  /** Told why the storage could not be reached where no caller hears of it. */
  readonly failed?: (error: unknown) => void;
}

/** After which time what could not be loaded is tried again, in milliseconds. */
const RETRY = 1000;

/** Everything here throws `CommandError` and nothing else. */
export class Chat {
  readonly #context: Context;
  readonly #recent: RecentlyAsked;
  readonly #failed: (error: unknown) => void;

  private constructor(context: Context, failed: (error: unknown) => void) {
    this.#context = context;
    this.#recent = new RecentlyAsked(context.clock);
    this.#failed = failed;
  }

  /**
   * Makes the lobby if there is none; nothing is loaded.
   *
   * @throws {CommandError}
   */
  static async open(options: ChatOptions): Promise<Chat> {
    const { log, presence, clock, announce, limits, cacheBytes = 64 * 1024 * 1024 } = options;
    await asked(makeLobby(log));
    const context = {
      log,
      presence,
      clock,
      announce,
      limits: { ...DEFAULT_LIMITS, ...limits },
      facts: new FactCache({ log, maxBytes: cacheBytes }),
      changing: new Map(),
      underWay: new UnderWay(),
      handing: new Map(),
    } satisfies Context;
    return new Chat(context, options.failed ?? (() => {}));
  }

  /** The log's tail has come to this record: to be told of every one that has `changes`, before its readers are. */
  changed(record: TailRecord): void {
    this.#context.facts.changed(record);
  }

  /** Some of the log's tail was never told, or it went back: what is kept may be wrong, and is loaded anew. */
  skipped(): void {
    this.#context.facts.skipped();
    this.#refresh();
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
    const known = this.#user(user);
    try {
      return await runCommand(this.#context, name, isUser(known) ? known : await known, params);
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
    const known = this.#user(user);
    return publish(this.#context, isUser(known) ? known : await known, channel, data, key);
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
  async authorizeRead(user: string, channel: string): Promise<string> {
    const known = await this.#user(user);
    const target = await look(this.#context, known.fold, () =>
      resolveReadable(this.#context, known, channel),
    );
    return target.channel;
  }

  /**
   * What the user belongs to, live: for a minute at least, and for as long as somebody watches it. What nobody watches may
   * be let go after that, and then stays as it is.
   *
   * @throws {CommandError} `unknown_user`
   */
  async memberships(user: string): Promise<Memberships> {
    const known = await this.#user(user);
    return look(this.#context, known.fold, () => {
      const memberships = membershipsOf(this.#context, known);
      this.#recent.keep(memberships);
      return memberships;
    });
  }

  /**
   * How far the conversation was handed over to the user's plain connections, or read, whichever is farther.
   *
   * @throws {CommandError}
   */
  async handedOver(user: string, channel: string): Promise<number> {
    return handedOver(this.#context, await this.#user(user), channel);
  }

  /** Resolves once it is durable. Going back changes nothing. @throws {CommandError} */
  async markHandedOver(user: string, channel: string, offset: number): Promise<void> {
    return markHandedOver(this.#context, await this.#user(user), channel, offset);
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
    const known = this.#user(from);
    return sendDirect(this.#context, isUser(known) ? known : await known, to, text, key);
  }

  /**
   * The user's last client, on whatever node, has gone: keeps when that was, in milliseconds since 1970. An earlier time
   * changes nothing.
   *
   * @throws {CommandError}
   */
  async sawLast(user: string, time: number): Promise<void> {
    const facts = [{ key: seenKey(foldName(user)), atLeast: Math.floor(time) }];
    await asked(this.#context.log.append({ records: [], facts }));
  }

  /** At once, where the user is at hand. */
  #user(name: string): User | Promise<User> {
    try {
      const user = findUser(this.#context, name);
      if (user !== undefined) return user;
    } catch {
      // What went wrong, the look says.
    }
    return look(this.#context, foldName(name), () => requireUser(this.#context, name));
  }

  #refresh(): void {
    this.#context.facts.refresh().catch((error: unknown) => {
      if (error instanceof LogError && error.code === 'closed') return;
      this.#failed(error);
      this.#context.clock.after(RETRY, () => this.#refresh());
    });
  }
}

function isUser(user: User | Promise<User>): user is User {
  return !(user instanceof Promise);
}

async function makeLobby(log: Log): Promise<void> {
  const name = LOBBY.slice(LOBBY.indexOf(':') + 1);
  const key = roomKey(foldName(name));
  const { facts } = await log.facts([key]);
  if (facts[0] !== undefined) return;
  const made = [
    { key, value: JSON.stringify({ name }) },
    { key: listedKey(foldName(name)), value: name },
  ];
  try {
    await log.append({ records: [], facts: made, unless: key });
  } catch (error) {
    // Another node was first.
    if (!(error instanceof LogError && error.code === 'fact_exists')) throw error;
  }
}
