/**
 * A client without a server, of the same type as the real one: a small world in memory that tests and the gallery set
 * up and move. It keeps the promises the page relies on: order, one telling each, pending before sent.
 */
import {
  type Client,
  ClientError,
  type ClientErrorCode,
  type ClientEvents,
  type ClientState,
  type History,
  type HistoryOptions,
  type Listener,
  type PendingMessage,
  type Subscription,
} from '@fullduplex/client';
import type {
  ChannelState,
  CommandName,
  CommandParams,
  CommandResults,
  Member,
  Publication,
  RoomSummary,
} from '@fullduplex/wire';

type AnyListener = Listener<never>;

export class FakeClient implements Client {
  state: ClientState = { status: 'connecting', behind: 0, pending: 0 };
  readonly positions = {};
  cursor: string | undefined = 'c0';
  pendingMessages: readonly PendingMessage[] = [];
  readonly me: string;
  readonly log = new Map<string, Publication[]>();
  states: ChannelState[] = [];
  rooms: RoomSummary[] = [];
  memberLists = new Map<string, Member[]>();
  readonly calls: { name: CommandName; params: unknown }[] = [];
  /** Commands that are refused, and why. */
  readonly refusals = new Map<string, ClientErrorCode>();
  /** Held back until it is set to false and `send` is acknowledged by hand. */
  holdSends = false;
  now = 1_700_000_000_000;
  closed = false;
  readonly #listeners = new Map<keyof ClientEvents, Set<AnyListener>>();
  #nextKey = 1;

  constructor(me: string) {
    this.me = me;
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<ClientEvents[Name]>): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all);
    all.add(listener as AnyListener);
    return () => {
      all.delete(listener as AnyListener);
    };
  }

  emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as Listener<ClientEvents[Name]>)(event);
  }

  become(state: Partial<ClientState> & Pick<ClientState, 'status'>): void {
    this.state = { behind: 0, pending: 0, user: this.me, ...state };
    this.emit('state', this.state);
  }

  /** Appends to the log, and tells it as live unless it is said to be old. */
  say(
    channel: string,
    user: string,
    data: unknown,
    options: { time?: number; key?: string; old?: boolean } = {},
  ): number {
    const records = this.log.get(channel) ?? [];
    this.log.set(channel, records);
    const info = options.key === undefined ? { user } : { user, key: options.key };
    const publication = { offset: records.length + 1, data, info, time: options.time ?? this.now };
    records.push(publication);
    if (options.old !== true) this.emit('publication', { ...publication, channel, epoch: 'e' });
    return publication.offset;
  }

  text(channel: string, user: string, text: string, options: { time?: number; old?: boolean } = {}): number {
    return this.say(channel, user, { type: 'message', text }, options);
  }

  send(channel: string, text: string): PendingMessage {
    const key = `k${this.#nextKey++}`;
    const message: PendingMessage = {
      key,
      channel,
      text,
      time: this.now,
      status: 'pending',
      done: new Promise<PendingMessage>(() => {}),
    };
    this.pendingMessages = [...this.pendingMessages, message];
    this.emit('send', message);
    if (!this.holdSends && this.state.status === 'connected') queueMicrotask(() => this.acknowledge(key));
    return message;
  }

  acknowledge(key: string): void {
    const message = this.pendingMessages.find((it) => it.key === key);
    if (!message) return;
    const position = { epoch: 'e', offset: (this.log.get(message.channel)?.length ?? 0) + 1 };
    this.#replace({ ...message, status: 'sent', position });
    this.pendingMessages = this.pendingMessages.filter((it) => it.key !== key);
    this.say(message.channel, this.me, { type: 'message', text: message.text }, { key, time: message.time });
  }

  fail(key: string, code: ClientErrorCode): void {
    const message = this.pendingMessages.find((it) => it.key === key);
    if (message) {
      this.#replace({
        ...message,
        status: 'failed',
        error: new ClientError(code, code, { retryable: false }),
      });
    }
  }

  retry(key: string): void {
    const message = this.pendingMessages.find((it) => it.key === key);
    if (message) this.#replace({ ...message, status: 'pending' });
  }

  discard(key: string): void {
    const message = this.pendingMessages.find((it) => it.key === key);
    if (!message) return;
    this.pendingMessages = this.pendingMessages.filter((it) => it.key !== key);
    this.emit('send', { ...message, status: 'discarded' });
  }

  subscribe(channel: string): Subscription {
    return {
      channel,
      position: undefined,
      on: () => () => {},
      close: () => {},
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
  }

  async call<Name extends CommandName>(
    name: Name,
    params: CommandParams[Name],
  ): Promise<CommandResults[Name]> {
    this.calls.push({ name, params });
    const refusal = this.refusals.get(name);
    if (refusal) throw new ClientError(refusal, refusal, { retryable: false });
    return this.#answer(name, params) as CommandResults[Name];
  }

  async history(channel: string, options: HistoryOptions = {}): Promise<History> {
    const refusal = this.refusals.get(`history ${channel}`);
    if (refusal) throw new ClientError(refusal, refusal, { retryable: false });
    const all = this.log.get(channel) ?? [];
    const limit = options.limit ?? 100;
    const after = options.after;
    const page =
      after === undefined
        ? all.filter((it) => it.offset < (options.before ?? Number.POSITIVE_INFINITY)).slice(-limit)
        : all.filter((it) => it.offset > after).slice(0, limit);
    return { publications: page, epoch: 'e', offset: all.at(-1)?.offset ?? 0 };
  }

  async presence(channel: string): Promise<readonly string[]> {
    return (await this.members(channel)).filter((it) => it.present).map((it) => it.user);
  }

  async members(channel: string): Promise<readonly Member[]> {
    return this.memberLists.get(channel) ?? [];
  }

  typing(): void {}

  reconnect(): void {
    this.become({ status: 'connected', transport: 'websocket' });
  }

  close(): void {
    this.closed = true;
  }

  #answer(name: CommandName, params: unknown): unknown {
    if (name === 'me.state') {
      const { items, next } = page(this.states, params as CommandParams['me.state']);
      const channels = items.map((state) => {
        const room = this.rooms.find(({ channel }) => channel === state.channel);
        return room ? { ...state, members: room.members, private: room.private } : state;
      });
      return { user: this.me, channels, ...next };
    }
    if (name === 'room.list') {
      const { query = '', ...range } = params as CommandParams['room.list'];
      const open = this.rooms.filter((room) => !room.private && room.name.startsWith(query));
      const { items: rooms, next } = page(open, range);
      return { rooms, ...next };
    }
    if (name === 'channel.members') {
      const { channel, ...range } = params as CommandParams['channel.members'];
      const { items: members, next } = page(this.memberLists.get(channel) ?? [], range);
      return { members, ...next };
    }
    if (name === 'direct.open') {
      const names = [this.me, (params as CommandParams['direct.open']).user].sort();
      return { channel: `direct:${names.join(',')}` };
    }
    if (name === 'room.create') return { channel: `room:${(params as CommandParams['room.create']).name}` };
    if (name === 'message.react') {
      const { channel, offset, reaction, on } = params as CommandParams['message.react'];
      this.say(channel, this.me, { type: 'reaction', offset, reaction, on: on !== false });
    }
    if (name === 'message.edit') {
      const { channel, offset, text } = params as CommandParams['message.edit'];
      this.say(channel, this.me, { type: 'edit', offset, text });
    }
    if (name === 'message.delete') {
      const { channel, offset } = params as CommandParams['message.delete'];
      this.say(channel, this.me, { type: 'delete', offset });
    }
    return { position: { epoch: 'e', offset: 1 }, duplicate: false };
  }

  #replace(message: PendingMessage): void {
    this.pendingMessages = this.pendingMessages.map((it) => (it.key === message.key ? message : it));
    this.emit('send', message);
  }
}

/** A part of a list; `after` is how many came before. */
function page<T>(
  all: readonly T[],
  { limit = 1_000, after }: { limit?: number | undefined; after?: string | undefined },
): { items: readonly T[]; next: { next: string } | object } {
  const from = Number(after ?? 0);
  const to = from + limit;
  return { items: all.slice(from, to), next: to < all.length ? { next: String(to) } : {} };
}
