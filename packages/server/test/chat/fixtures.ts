/** What the chat's tests share: chats over a log in memory whose appends can be held back, or made to fail. */
import { type ChatData, CommandError, type CommandName, type Push } from '@fullduplex/wire';
import { expect } from 'vitest';
import { Chat } from '../../src/chat/chat.js';
import type { ChatLimits } from '../../src/chat/chat-limits.js';
import type { ChatClock, ChatPresence } from '../../src/chat/context.js';
import type { Append, Appended, Log, LogError } from '../../src/log/log.js';
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import type { Storage } from '../../src/log/storage.js';
import { later } from '../log/fixtures.js';

function memory(): MemoryStorage {
  let time = 1_763_600_000_000;
  return new MemoryStorage({ now: () => time++, epoch: 'e' });
}

export class TestLog extends OrderedLog {
  /** What the next appends fail with, one each. */
  readonly failures: LogError[] = [];
  /** Every append that was asked for. */
  readonly appends: Append[] = [];
  /** How often the storage was asked for facts, by key or by prefix. */
  asked = 0;
  #gate: Promise<void> | undefined;

  constructor(storage: Storage = memory()) {
    super(storage, later);
  }

  override async append(append: Append): Promise<readonly Appended[]> {
    this.appends.push(append);
    const failure = this.failures.shift();
    if (this.#gate !== undefined) await this.#gate;
    if (failure !== undefined) throw failure;
    return super.append(append);
  }

  override async facts(keys: readonly string[]) {
    this.asked++;
    return super.facts(keys);
  }

  override async list(prefix: string, limit: number, after?: string) {
    this.asked++;
    return super.list(prefix, limit, after);
  }

  /** Holds back all appends from now on, until what it answers is called. */
  hold(): () => void {
    let release = (): void => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => release();
  }
}

/** Who is in which channel, as a test says. */
export class TestPresence implements ChatPresence {
  readonly #channels = new Map<string, Set<string>>();

  come(user: string, ...channels: string[]): void {
    for (const channel of channels) {
      const users = this.#channels.get(channel) ?? new Set();
      this.#channels.set(channel, users.add(user));
    }
  }

  stats(channel: string) {
    const count = this.#channels.get(channel)?.size ?? 0;
    return { clients: count, users: count };
  }

  async usersOf(channel: string, limit: number): Promise<readonly string[]> {
    return [...(this.#channels.get(channel) ?? [])].slice(0, limit);
  }

  async present(channel: string, users: readonly string[]): Promise<ReadonlySet<string>> {
    const here = this.#channels.get(channel) ?? new Set();
    return new Set(users.filter((user) => here.has(user)));
  }
}

/** A clock that stands still until it is told to go on. */
export class TestClock implements ChatClock {
  time = 0;
  /** How often somebody let others have a turn. */
  turns = 0;
  readonly #waiting: { readonly at: number; readonly callback: () => void }[] = [];

  monotonic(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    if (ms === 0) {
      this.turns++;
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const entry = { at: this.time + ms, callback };
    this.#waiting.push(entry);
    return () => this.#waiting.splice(this.#waiting.indexOf(entry), 1);
  }

  pass(ms: number): void {
    this.time += ms;
    for (const entry of this.#waiting.filter(({ at }) => at <= this.time)) {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      entry.callback();
    }
  }
}

export interface Announcement {
  readonly channel: string;
  readonly push: Push;
}

export interface TestOptions {
  readonly cacheBytes?: number;
}

export async function openChat(
  limits: Partial<ChatLimits> = {},
  log = new TestLog(),
  options: TestOptions = {},
) {
  const announced: Announcement[] = [];
  const failed: unknown[] = [];
  const presence = new TestPresence();
  const clock = new TestClock();
  const announce = (channel: string, push: Push) => announced.push({ channel, push });
  const open = async () => {
    const opened = await Chat.open({
      log,
      presence,
      clock,
      limits,
      announce,
      failed: (error) => failed.push(error),
      ...options,
    });
    follow(log, opened);
    return opened;
  };
  const chat = await open();
  return {
    chat,
    log,
    presence,
    clock,
    announced,
    failed,
    /** The chat as it is after a restart on the same log. */
    reopen: open,
    run: <Name extends CommandName>(name: Name, user: string, params: object) =>
      chat.execute(name, user, params),
    /** What the user belongs to. */
    channelsOf: (user: string, of = chat) => channelsOf(of, user),
  };
}

export type TestChat = Awaited<ReturnType<typeof openChat>>;

/** Several nodes on one storage. Each is late until it catches up. */
export async function openNodes(count: number, limits: Partial<ChatLimits> = {}): Promise<TestChat[]> {
  const storage = memory();
  const logs = Array.from({ length: count }, () => {
    const own = storage.another();
    own.watch = () => () => {};
    return new TestLog(own);
  });
  return Promise.all(logs.map((log) => openChat(limits, log)));
}

/** As whoever follows the log's tail does: the chat first. */
export function follow(log: Log, chat: Chat): void {
  log.follow({
    told: (records) => {
      for (const record of records) if (record.changes !== undefined) chat.changed(record);
    },
    skipped: () => chat.skipped(),
    wentBack: () => chat.skipped(),
  });
}

export async function channelsOf(chat: Chat, user: string): Promise<string[]> {
  return [...(await chat.memberships(user)).channels.keys()];
}

/** All facts of the prefix, as key and value. */
export async function factsOf(log: Log, prefix: string): Promise<[string, string][]> {
  const { facts } = await log.list(prefix, 10_000);
  return facts.map(({ key, value }) => [key, value]);
}

/** The data of all records of a channel. */
export async function dataOf(log: Log, channel: string): Promise<ChatData[]> {
  const { records } = await log.read({ channel, limit: 10_000 });
  return records.map((record) => JSON.parse(record.data) as ChatData);
}

/** Where the channel ends, as commands answer it. */
export async function headOf(log: Log, channel: string) {
  const [head] = await log.heads([channel]);
  return { epoch: log.epochs.at(-1)!.name, offset: head!.offset };
}

/** The code that it fails with. */
export async function codeOf(result: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof result === 'function' ? result() : result);
  } catch (error) {
    expect(error).toBeInstanceOf(CommandError);
    return (error as CommandError).code;
  }
  return 'nothing failed';
}

/** Once all that can happen without the log has happened. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
