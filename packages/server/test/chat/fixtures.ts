/** What the chat's tests share: a chat over a log in memory whose appends can be held back, or made to fail. */
import { type ChatData, CommandError, type CommandName, type Push } from '@fullduplex/wire';
import { expect } from 'vitest';
import { Chat } from '../../src/chat/chat.js';
import type { ChatLimits } from '../../src/chat/limits.js';
import type { Append, Appended, ChannelLog, LogError } from '../../src/log/channel-log.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { Presence } from '../../src/presence/presence.js';

export class TestLog extends MemoryLog {
  /** What the next appends fail with, one each. */
  readonly failures: LogError[] = [];
  /** Every append that was asked for. */
  readonly appends: Append[] = [];
  #gate: Promise<void> = Promise.resolve();

  override async append(append: Append): Promise<readonly Appended[]> {
    this.appends.push(append);
    const failure = this.failures.shift();
    await this.#gate;
    if (failure !== undefined) throw failure;
    return super.append(append);
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

export interface Announcement {
  readonly channel: string;
  readonly push: Push;
}

export async function openChat(limits: Partial<ChatLimits> = {}, log = new TestLog()) {
  const announced: Announcement[] = [];
  const presence = new Presence({ now: () => 0, setTimer: () => undefined, clearTimer: () => {} });
  const announce = (channel: string, push: Push) => announced.push({ channel, push });
  const open = () => Chat.open({ log, presence, limits, announce });
  const chat = await open();
  return {
    chat,
    log,
    presence,
    announced,
    /** The chat as it is after a restart on the same log. */
    reopen: open,
    run: <Name extends CommandName>(name: Name, user: string, params: object) =>
      chat.execute(name, user, params),
  };
}

export type TestChat = Awaited<ReturnType<typeof openChat>>;

/** The data of all records of a channel. */
export async function dataOf(log: ChannelLog, channel: string): Promise<ChatData[]> {
  const { records } = await log.read({ channel, limit: 10_000 });
  return records.map((record) => JSON.parse(record.data) as ChatData);
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
