/**
 * The chat: who may do what, and what it appends. It puts the rules together with the table of commands; it knows
 * the log only by its contract, and nothing of sessions, transports or connections.
 */
import {
  type Appended,
  CommandError,
  type CommandName,
  type CommandResults,
  type Push,
} from '@fullduplex/wire';
import type { ChannelLog } from '../log/channel-log.js';
import type { Presence } from '../presence/presence.js';
import type { ChatLimits } from './limits.js';

export interface ChatOptions {
  readonly log: ChannelLog;
  readonly presence: Presence;
  readonly limits?: Partial<ChatLimits>;
  /** Tells whoever follows the channel now; never stored. */
  readonly announce: (channel: string, push: Push) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export class Chat {
  static async open(_options: ChatOptions): Promise<Chat> {
    return new Chat();
  }

  async signIn(_name: unknown): Promise<string> {
    throw notYet();
  }

  execute<Name extends CommandName>(
    method: Name,
    user: string,
    params: unknown,
  ): Promise<CommandResults[Name]>;
  execute(method: string, user: string, params: unknown): Promise<unknown>;
  async execute(_method: string, _user: string, _params: unknown): Promise<unknown> {
    throw notYet();
  }

  async publish(_user: string, _channel: string, _data: unknown, _key?: string): Promise<Appended> {
    throw notYet();
  }

  async publishAs(_sender: string, _channel: string, _data: unknown, _key?: string): Promise<Appended> {
    throw notYet();
  }

  authorizeRead(_user: string, _channel: string): string {
    throw notYet();
  }

  channelsOf(_user: string): readonly string[] {
    throw notYet();
  }

  handedOver(_user: string, _channel: string): number {
    throw notYet();
  }

  async markHandedOver(_user: string, _channel: string, _offset: number): Promise<void> {
    throw notYet();
  }

  async sendDirect(
    _from: string,
    _to: unknown,
    _text: unknown,
    _key?: string,
  ): Promise<{ readonly channel: string } & Appended> {
    throw notYet();
  }
}

function notYet(): CommandError {
  return new CommandError('not_available', 'The chat is not open yet.');
}
