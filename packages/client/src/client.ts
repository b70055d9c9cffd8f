/** Puts the parts together and gives them out as one client. It decides nothing that a part could decide. */
import type { CommandName, CommandParams, CommandResults, Member, Position } from '@fullduplex/wire';
import { Backoff } from './backoff.js';
import { Commands } from './commands.js';
import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { closedError } from './errors.js';
import { watchPlatform } from './platform.js';
import { Channels } from './reading/channels.js';
import { Gate } from './reading/gate.js';
import { ChannelSubscription } from './reading/subscription.js';
import { Outbox } from './sending/outbox.js';
import type { Settings } from './settings.js';
import type {
  Client,
  ClientEvents,
  ClientState,
  History,
  HistoryOptions,
  Listener,
  PendingMessage,
  SubscribeOptions,
  Subscription,
  Unsubscribe,
} from './types.js';
import { TypingNotices } from './typing.js';

/** Channels in which what was missed is looked for at the same time. */
const READS_AT_ONCE = 4;
/** Members asked for at once. */
const MEMBERS = 1_000;

export class FullduplexClient implements Client {
  readonly #settings: Settings;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #commands: Commands;
  readonly #channels: Channels;
  readonly #outbox: Outbox;
  readonly #typing: TypingNotices;
  readonly #unwatch: () => void;
  #state: ClientState = { status: 'connecting', behind: 0, pending: 0 };
  #stateTold = this.#state;
  #telling = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { token, timing, clock, random, http, limits, newId } = settings;
    const changed = (): void => this.#changed();
    this.#connection = new Connection({
      transports: settings.transports,
      open: (name, current, sink) => {
        const asked = () => this.#channels.asked();
        return settings.open[name](
          { ...settings, token: current, asked, cursor: this.#channels.cursor },
          sink,
        );
      },
      token,
      timing,
      clock,
      random,
      onEvent: (event) => this.#channels.handle(event),
      onState: () => this.#connectionChanged(),
    });
    this.#commands = new Commands({ http, token, connection: this.#connection, timeout: timing.timeout });
    const reads = new Gate(READS_AT_ONCE);
    this.#channels = new Channels(
      {
        follow: settings.follow,
        clock,
        history: (channel, options) =>
          reads.run(() => this.#commands.call('channel.history', { channel, ...options })),
        state: (page) => this.#commands.call('me.state', page),
        newBackoff: () => this.#newBackoff(),
        emit: (name, event) => this.#tell(name, event),
        onChange: changed,
        onAsked: (channel, asked) => {
          const { transport } = this.#connection;
          if (asked) transport?.follow(channel);
          else transport?.unfollow(channel);
        },
      },
      settings,
    );
    this.#outbox = new Outbox({
      deliver: async (message) => (await this.#commands.callNow('message.send', message)).position,
      awaitsPublication: (channel, position) => this.#awaits(channel, position),
      onSend: (message) => this.#emitter.emit('send', message),
      onChange: changed,
      newKey: newId,
      newBackoff: () => this.#newBackoff(),
      storage: settings.storage,
      clock,
      maxMessages: limits.pendingMessages,
    });
    this.#typing = new TypingNotices(clock, (channel, typing) => {
      this.#commands.callNow('typing.set', { channel, typing }).catch(() => {});
    });
    this.#unwatch = watchPlatform({
      wake: () => this.#connection.wake(),
      lost: () => this.#connection.lost(),
    });
    // In the next turn, so that whoever made the client hears of everything.
    queueMicrotask(() => {
      if (this.#connection.state.status === 'connecting') this.#connection.start();
    });
  }

  get state(): ClientState {
    const { status, transport, retryAt, reason } = this.#connection.state;
    const { user, behind } = this.#channels;
    const { pending } = this.#outbox;
    const before = this.#state;
    const same =
      before.status === status &&
      before.user === user &&
      before.transport === transport &&
      before.behind === behind &&
      before.pending === pending &&
      before.retryAt === retryAt &&
      before.reason === reason;
    if (!same) {
      this.#state = {
        status,
        behind,
        pending,
        ...(user !== undefined && { user }),
        ...(transport !== undefined && { transport }),
        ...(retryAt !== undefined && { retryAt }),
        ...(reason !== undefined && { reason }),
      };
    }
    return this.#state;
  }

  get cursor(): string | undefined {
    return this.#channels.cursor;
  }

  get positions(): Readonly<Record<string, Position>> {
    return this.#channels.positions();
  }

  get pendingMessages(): readonly PendingMessage[] {
    return this.#outbox.messages;
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<ClientEvents[Name]>): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  subscribe(channel: string, options: SubscribeOptions = {}): Subscription {
    if (this.#connection.state.status === 'closed') {
      throw closedError();
    }
    const { clock, limits } = this.#settings;
    return new ChannelSubscription({
      channel,
      channels: this.#channels,
      from: options.from === 'now' ? undefined : options.from,
      history: (name, range) => this.#commands.call('channel.history', { channel: name, ...range }),
      clock,
      backoff: this.#newBackoff(),
      iteratorBuffer: limits.iteratorBuffer,
    });
  }

  send(channel: string, text: string): PendingMessage {
    this.#typing.sent(channel);
    return this.#outbox.send(channel, text);
  }

  retry(key: string): void {
    this.#outbox.retry(key);
  }

  discard(key: string): void {
    this.#outbox.discard(key);
  }

  call<Name extends CommandName>(name: Name, params: CommandParams[Name]): Promise<CommandResults[Name]> {
    return this.#commands.call(name, params);
  }

  history(channel: string, options: HistoryOptions = {}): Promise<History> {
    return this.#commands.call('channel.history', { channel, ...options });
  }

  async members(channel: string): Promise<readonly Member[]> {
    const members: Member[] = [];
    let after: string | undefined;
    do {
      const page = { channel, limit: MEMBERS, ...(after !== undefined && { after }) };
      const answer = await this.#commands.call('channel.members', page);
      members.push(...answer.members);
      after = answer.next;
    } while (after !== undefined);
    return members;
  }

  async presence(channel: string): Promise<readonly string[]> {
    const members = await this.members(channel);
    return members.filter(({ present }) => present).map(({ user }) => user);
  }

  typing(channel: string, typing: boolean): void {
    this.#typing.set(channel, typing);
  }

  reconnect(): void {
    this.#connection.reconnect();
  }

  close(): void {
    this.#connection.close();
  }

  #newBackoff(): Backoff {
    const { timing, random } = this.#settings;
    return new Backoff(timing.backoffBase, timing.backoffCap, random);
  }

  /** Whether a sent message's own publication is still on its way to the listeners. */
  #awaits(channel: string, position: Position): boolean {
    if (!this.#channels.isRead(channel)) return false;
    const here = this.#channels.position(channel);
    return here === undefined || here.offset < position.offset;
  }

  #tell<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    if (name === 'publication') {
      const publication = event as ClientEvents['publication'];
      this.#outbox.published(publication.channel, publication.epoch, publication);
      this.#outbox.passed(publication.channel);
    } else if (name === 'gap' || name === 'left') {
      this.#outbox.passed((event as ClientEvents['gap'] | ClientEvents['left']).channel);
    }
    this.#emitter.emit(name, event);
  }

  #connectionChanged(): void {
    const { status } = this.#connection.state;
    if (status === 'connected') this.#outbox.open();
    else this.#outbox.pause();
    this.#commands.stateChanged();
    if (status === 'closed') {
      this.#unwatch();
      this.#outbox.close();
      this.#channels.close(closedError());
    }
    this.#changed();
  }

  /** However much changes in one turn, it is told once. */
  #changed(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      const { state } = this;
      if (state === this.#stateTold) return;
      this.#stateTold = state;
      this.#emitter.emit('state', state);
    });
  }
}
