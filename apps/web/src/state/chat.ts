/**
 * The page's model of one signed-in user: it listens to the client and keeps what is shown in stores. It alone talks
 * to the client; the parts of the page read the stores and call its methods.
 */
import type {
  Client,
  ClientErrorCode,
  ClientState,
  PendingMessage,
  Subscription,
  TransportName,
} from '@fullduplex/client';
import { LOBBY, type Position, type Publication, type RoomSummary } from '@fullduplex/wire';
import { ChannelTimeline, codeOf } from './channel-timeline.js';
import {
  type Conversations,
  describeChannel,
  without,
  withPublication,
  withRead,
  withStates,
} from './conversations.js';
import { PresenceStore } from './presence.js';
import { ReadReceipts } from './read-receipts.js';
import { readChatData } from './record.js';
import { Store } from './store.js';
import { realTimers, type Timers, TypingStore } from './typing.js';

/** Without pushes of presence the lists are asked for again, in milliseconds. */
const REFRESH_INTERVAL = 15_000;
const REFRESH_SOON = 150;
const TROUBLE_SHOWN = 6_000;
/** Timelines kept whole after they were visited. */
const MOST_TIMELINES = 12;

export interface ConnectOptions {
  readonly transports?: readonly TransportName[];
  readonly positions: Readonly<Record<string, Position>>;
}

export interface ChatOptions {
  readonly me: string;
  readonly connect: (options: ConnectOptions) => Client;
  readonly timers?: Timers;
}

export class Chat {
  readonly me: string;
  readonly connection: Store<ClientState>;
  readonly conversations = new Store<Conversations>(new Map());
  /** Whether the list of conversations has come once. */
  readonly listed = new Store(false);
  /** Rooms that can be found, by channel; one's own private ones too. */
  readonly rooms = new Store<ReadonlyMap<string, RoomSummary>>(new Map());
  readonly pending: Store<readonly PendingMessage[]>;
  readonly presence = new PresenceStore();
  readonly typing: TypingStore;
  /** Whether the reader looks at the page now. */
  readonly attention = new Store(true);
  /** Why the last thing one did was not done; passes after a while. */
  readonly trouble = new Store<ClientErrorCode | undefined>(undefined);
  /** The only transport to use, when one was chosen. */
  readonly onlyTransport = new Store<TransportName | undefined>(undefined);
  #client: Client;
  readonly #connect: ChatOptions['connect'];
  readonly #timers: Timers;
  readonly #timelines = new Map<string, ChannelTimeline>();
  readonly #receipts: ReadReceipts;
  #stopListening: () => void;
  #refreshTimer: unknown;
  #troubleTimer: unknown;
  #visited: string | undefined;
  #preview: Subscription | undefined;
  #closed = false;

  constructor({ me, connect, timers = realTimers }: ChatOptions) {
    this.me = me;
    this.#connect = connect;
    this.#timers = timers;
    this.typing = new TypingStore(timers);
    this.#client = connect({ positions: {} });
    this.connection = new Store(this.#client.state);
    this.pending = new Store(this.#client.pendingMessages);
    this.#receipts = new ReadReceipts(
      (channel, offset) => this.#client.call('receipt.read', { channel, offset }),
      timers,
    );
    this.#stopListening = this.#listen();
    if (this.#client.state.status === 'connected') this.#refreshSoon(0);
  }

  /** For what a part of the page asks once: members, invitations, a new room. */
  get client(): Client {
    return this.#client;
  }

  timeline(channel: string): ChannelTimeline {
    let timeline = this.#timelines.get(channel);
    if (!timeline) {
      timeline = new ChannelTimeline((options) => this.#client.history(channel, options));
      this.#timelines.set(channel, timeline);
      this.#forgetTimelines();
    }
    return timeline;
  }

  /** The reader has opened the channel: its timeline loads, and what is unread is marked as new. */
  visit(channel: string): void {
    this.leave();
    this.#visited = channel;
    const timeline = this.timeline(channel);
    // The most recently visited are the last to be forgotten.
    this.#timelines.delete(channel);
    this.#timelines.set(channel, timeline);
    this.#openVisited();
  }

  /** The reader looks at no conversation. */
  leave(): void {
    this.#preview?.close();
    this.#preview = undefined;
    if (this.#visited === undefined) return;
    const timeline = this.#timelines.get(this.#visited);
    this.#visited = undefined;
    timeline?.markNewAfter(undefined);
    timeline?.trim();
  }

  /** The reader has seen everything of the channel that is shown. */
  seen(channel: string): void {
    const conversation = this.conversations.get().get(channel);
    if (!conversation || !this.attention.get() || conversation.read >= conversation.head) return;
    this.#receipts.read(channel, conversation.head);
    this.conversations.update((known) => withRead(known, channel, conversation.head));
  }

  /** @throws {ClientError} `outbox_full`, `closed` */
  send(channel: string, text: string): void {
    this.#client.send(channel, text);
    this.#client.typing(channel, false);
  }

  /** A reaction that does not get through is not there: nothing is lost by pressing again. */
  react(channel: string, offset: number, reaction: string, on: boolean): void {
    this.#client.call('message.react', { channel, offset, reaction, on }).catch(this.tellTrouble);
  }

  remove(channel: string, offset: number): void {
    this.#client.call('message.delete', { channel, offset }).catch(this.tellTrouble);
  }

  /** Says for a while why something could not be done. */
  readonly tellTrouble = (error: unknown): void => {
    this.trouble.set(codeOf(error));
    this.#timers.clear(this.#troubleTimer);
    this.#troubleTimer = this.#timers.set(() => this.trouble.set(undefined), TROUBLE_SHOWN);
  };

  /** @throws {ClientError} */
  async edit(channel: string, offset: number, text: string): Promise<void> {
    await this.#client.call('message.edit', { channel, offset, text });
  }

  /** Reads over this transport alone, or over the best there is. Nothing is missed or doubled by the change. */
  readOver(transport: TransportName | undefined): void {
    if (transport === this.onlyTransport.get()) return;
    this.onlyTransport.set(transport);
    const { positions } = this.#client;
    this.#stopListening();
    this.#client.close();
    this.#client = this.#connect({
      positions,
      ...(transport === undefined ? {} : { transports: [transport] }),
    });
    this.#stopListening = this.#listen();
    this.connection.set(this.#client.state);
    this.pending.set(this.#client.pendingMessages);
    if (this.#preview) {
      this.#preview.close();
      this.#preview = undefined;
      this.#openVisited();
    }
  }

  /** Asks for the lists again, a moment from now. */
  refresh(): void {
    this.#refreshSoon(REFRESH_SOON);
  }

  close(): void {
    this.#closed = true;
    this.#timers.clear(this.#refreshTimer);
    this.#timers.clear(this.#troubleTimer);
    this.#stopListening();
    this.#receipts.close();
    this.#client.close();
  }

  #listen(): () => void {
    const client = this.#client;
    const stops = [
      client.on('state', (state) => this.#onState(state)),
      client.on('send', () => this.pending.set(client.pendingMessages)),
      client.on('publication', (publication) => this.#onPublication(publication.channel, publication)),
      client.on('gap', (gap) => {
        this.#timelines.get(gap.channel)?.gap(gap);
        this.refresh();
      }),
      client.on('joined', ({ channel }) => this.#onJoined(channel)),
      client.on('left', ({ channel }) => this.conversations.update((known) => without(known, channel))),
      client.on('presence', ({ channel, user, present }) => this.presence.change(channel, user, present)),
      client.on('typing', ({ channel, user, typing }) => {
        if (user !== this.me) this.typing.change(channel, user, typing);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #onState(state: ClientState): void {
    const before = this.connection.get().status;
    this.connection.set(state);
    if (state.status !== 'connected' || before === 'connected') return;
    this.#refreshSoon(0);
    this.#receipts.flush();
    if (this.#visited !== undefined) void this.timeline(this.#visited).load();
  }

  #onPublication(channel: string, publication: Publication): void {
    if (channel.startsWith('user:')) {
      const data = readChatData(publication);
      if (data?.type === 'read') this.#onRead(data.channel, data.offset);
      return;
    }
    const { user } = publication.info;
    const others = user !== this.me;
    if (others) this.typing.change(channel, user, false);
    this.#markArrival(channel, publication, others);
    this.conversations.update((known) => withPublication(known, channel, publication, this.me));
    this.#timelines.get(channel)?.add(publication);
    if (!others) this.pending.set(this.#client.pendingMessages);
  }

  /** The first message that comes while the reader looks elsewhere is where "new" begins. */
  #markArrival(channel: string, publication: Publication, others: boolean): void {
    if (!others || channel !== this.#visited || this.attention.get()) return;
    const conversation = this.conversations.get().get(channel);
    const timeline = this.timeline(channel);
    if (!conversation || publication.offset <= conversation.head || conversation.unread > 0) return;
    timeline.markNewAfter(conversation.head);
  }

  /** Read in another window, or on another machine. */
  #onRead(channel: string, offset: number): void {
    const before = this.conversations.get().get(channel);
    if (!before || offset <= before.read) return;
    this.conversations.update((known) => withRead(known, channel, offset));
    if (offset < before.head) this.refresh();
  }

  #onJoined(channel: string): void {
    const described = describeChannel(channel, this.me);
    if (!described) return;
    if (!this.conversations.get().has(channel)) {
      const fresh = { channel, ...described, head: 0, read: 0, unread: 0, lastTime: 0 };
      this.conversations.update((known) => new Map(known).set(channel, fresh));
    }
    this.refresh();
  }

  #openVisited(): void {
    const channel = this.#visited;
    if (channel === undefined) return;
    const timeline = this.timeline(channel);
    const conversation = this.conversations.get().get(channel);
    if (conversation && conversation.unread > 0) timeline.markNewAfter(conversation.read);
    void timeline.load(conversation ? conversation.head - conversation.read : 0);
    const foreign =
      this.listed.get() && !conversation && describeChannel(channel, this.me)?.kind !== 'direct';
    if (foreign && !this.#preview) {
      this.#preview = this.#client.subscribe(channel);
      this.#preview.on('publication', (publication) => timeline.add(publication));
    }
  }

  #refreshSoon(delay: number): void {
    this.#timers.clear(this.#refreshTimer);
    this.#refreshTimer = this.#timers.set(() => void this.#refresh(), delay);
  }

  async #refresh(): Promise<void> {
    try {
      const [state, { rooms }] = await Promise.all([
        this.#client.call('me.state', {}),
        this.#client.call('room.list', { limit: 500 }),
      ]);
      if (this.#closed) return;
      this.conversations.update((known) => withStates(known, state.channels, this.me));
      for (const { channel, present } of state.channels) this.presence.put(channel, present);
      this.rooms.set(new Map(rooms.map((room) => [room.channel, room])));
      if (!this.listed.get()) {
        this.listed.set(true);
        this.#openVisited();
      }
    } catch {
      // Cut off: asked for again with the next connect.
    }
    const { status, transport } = this.connection.get();
    if (!this.#closed && status === 'connected' && transport !== 'websocket')
      this.#refreshSoon(REFRESH_INTERVAL);
  }

  #forgetTimelines(): void {
    for (const channel of this.#timelines.keys()) {
      if (this.#timelines.size <= MOST_TIMELINES) return;
      if (channel !== this.#visited && channel !== LOBBY) this.#timelines.delete(channel);
    }
  }
}
