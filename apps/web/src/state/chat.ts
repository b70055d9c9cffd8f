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
import { DISCONNECTS, LOBBY, type Position, type Publication } from '@fullduplex/wire';
import { ChannelTimeline } from './channel-timeline.js';
import { describeChannel } from './conversations.js';
import { Directory } from './directory.js';
import { codeOf } from './error-code.js';
import { ReadReceipts } from './read-receipts.js';
import { RoomSearch } from './room-search.js';
import { Store } from './store.js';
import { realTimers, type Timers, TypingStore } from './typing.js';

/** In milliseconds. */
const TROUBLE_SHOWN = 6_000;
/** Messages that come within this after a cut were missed during it. */
const CATCHING_UP = 1_500;
/** A cut that is shorter than this, while one was looking, makes nothing new. */
const LONG_CUT = 10_000;
/** Timelines kept whole after they were visited. */
const MOST_TIMELINES = 12;

export interface ConnectOptions {
  readonly transports?: readonly TransportName[];
  /** Where an earlier client stood. */
  readonly cursor?: string | undefined;
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
  readonly directory: Directory;
  readonly pending: Store<readonly PendingMessage[]>;
  readonly typing: TypingStore;
  /** The conversation that is open, once what is new in it is marked. */
  readonly visited = new Store<string | undefined>(undefined);
  /** Whether the reader looks at the page now. */
  readonly attention = new Store(true);
  /** The server said that it stops, and has not come back since. */
  readonly stopping = new Store(false);
  /** A message that is too long for the server: it goes back to where it was written. */
  readonly returned = new Store<PendingMessage | undefined>(undefined);
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
  #troubleTimer: unknown;
  /** Cut off for long or by choice, or just back from it. */
  #wasCut = false;
  #cutTimer: unknown;
  #backTimer: unknown;
  #visited: string | undefined;
  #preview: Subscription | undefined;

  constructor({ me, connect, timers = realTimers }: ChatOptions) {
    this.me = me;
    this.#connect = connect;
    this.#timers = timers;
    this.#client = connect({ positions: {} });
    this.typing = new TypingStore(timers);
    this.directory = new Directory(me, () => this.#client, timers);
    this.connection = new Store(this.#client.state);
    this.pending = new Store(this.#client.pendingMessages);
    this.#receipts = new ReadReceipts(
      (channel, offset) => this.#client.call('receipt.read', { channel, offset }),
      timers,
    );
    this.directory.listed.subscribe(() => this.#openVisited());
    this.#stopListening = this.#listen();
    if (this.#client.state.status === 'connected') this.directory.connected();
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
    this.visited.set(channel);
  }

  /** The reader looks at no conversation. */
  leave(): void {
    this.#preview?.close();
    this.#preview = undefined;
    if (this.#visited === undefined) return;
    const timeline = this.#timelines.get(this.#visited);
    this.#visited = undefined;
    this.visited.set(undefined);
    timeline?.markNewAfter(undefined);
    timeline?.trim();
  }

  /** Public rooms by what their names begin with. To be closed. */
  searchRooms(): RoomSearch {
    return new RoomSearch(() => this.#client, this.#timers);
  }

  /** The reader went offline themselves: what comes in the meantime is missed, however short it is. */
  wentOffline(): void {
    this.#wasCut = true;
  }

  /** The reader has seen everything of the channel that is shown. */
  seen(channel: string): void {
    if (channel !== this.visited.get()) return;
    const conversation = this.directory.conversations.get().get(channel);
    if (!conversation || !this.attention.get() || conversation.read >= conversation.head) return;
    this.#receipts.read(channel, conversation.head);
    this.directory.read(channel, conversation.head);
  }

  /** @throws {ClientError} `outbox_full`, `closed` */
  send(channel: string, text: string): void {
    this.#client.send(channel, text);
    this.#client.typing(channel, false);
  }

  /** The message is being written again. */
  takeBack(key: string): void {
    this.returned.set(undefined);
    this.#client.discard(key);
  }

  /** @throws {ClientError} */
  async edit(channel: string, offset: number, text: string): Promise<void> {
    await this.#client.call('message.edit', { channel, offset, text });
  }

  remove(channel: string, offset: number): void {
    this.#client.call('message.delete', { channel, offset }).catch(this.tellTrouble);
  }

  react(channel: string, offset: number, reaction: string, on: boolean): void {
    this.#client.call('message.react', { channel, offset, reaction, on }).catch(this.tellTrouble);
  }

  join(channel: string): Promise<void> {
    return this.#client
      .call('room.join', { channel })
      .then(() => this.directory.refresh())
      .catch(this.tellTrouble);
  }

  /** Says for a while why something could not be done. */
  readonly tellTrouble = (error: unknown): void => {
    this.trouble.set(codeOf(error));
    this.#timers.clear(this.#troubleTimer);
    this.#troubleTimer = this.#timers.set(() => this.trouble.set(undefined), TROUBLE_SHOWN);
  };

  /** Reads over this transport alone, or over the best there is. Nothing is missed or doubled by the change. */
  readOver(transport: TransportName | undefined): void {
    if (transport === this.onlyTransport.get()) return;
    this.onlyTransport.set(transport);
    const { cursor, positions } = this.#client;
    this.#stopListening();
    this.#client.close();
    this.#client = this.#connect({
      cursor,
      positions,
      ...(transport === undefined ? {} : { transports: [transport] }),
    });
    this.#stopListening = this.#listen();
    this.connection.set(this.#client.state);
    this.pending.set(this.#client.pendingMessages);
    if (!this.#preview) return;
    this.#preview.close();
    this.#preview = undefined;
    this.#openVisited();
  }

  close(): void {
    this.#timers.clear(this.#troubleTimer);
    this.#timers.clear(this.#cutTimer);
    this.#timers.clear(this.#backTimer);
    this.#stopListening();
    this.directory.close();
    this.#receipts.close();
    this.#client.close();
  }

  #listen(): () => void {
    const client = this.#client;
    const { directory } = this;
    const stops = [
      client.on('state', (state) => this.#onState(state)),
      client.on('send', (message) => {
        this.pending.set(client.pendingMessages);
        const { status, error } = message;
        if (status === 'failed' && error?.code === 'message_too_large') this.returned.set(message);
      }),
      client.on('publication', (publication) => this.#onPublication(publication.channel, publication)),
      client.on('gap', (gap) => {
        this.#timelines.get(gap.channel)?.gap(gap);
        directory.refresh();
      }),
      client.on('joined', ({ channel }) => {
        directory.joined(channel);
        // Someone invited us to what was closed to us.
        if (channel === this.#visited) void this.timeline(channel).load();
      }),
      client.on('left', ({ channel }) => directory.left(channel)),
      client.on('presence', ({ channel, user, present }) => {
        directory.presence.change(channel, user, present);
      }),
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
    if (state.status !== 'connected') {
      if (state.reason === DISCONNECTS.shutdown.reason) this.stopping.set(true);
      this.#timers.clear(this.#backTimer);
      if (before === 'connected') {
        this.#cutTimer = this.#timers.set(() => {
          this.#wasCut = true;
        }, LONG_CUT);
      }
      return;
    }
    if (before === 'connected') return;
    this.stopping.set(false);
    this.#timers.clear(this.#cutTimer);
    this.#backTimer = this.#timers.set(() => {
      this.#wasCut = false;
    }, CATCHING_UP);
    this.directory.connected();
    this.#receipts.flush();
    if (this.#visited !== undefined) void this.timeline(this.#visited).load();
  }

  #onPublication(channel: string, publication: Publication): void {
    if (channel.startsWith('user:')) {
      this.directory.takeOwn(publication);
      return;
    }
    const { user } = publication.info;
    if (user === this.me) this.pending.set(this.#client.pendingMessages);
    else {
      this.typing.change(channel, user, false);
      this.#markArrival(channel, publication);
    }
    this.directory.take(channel, publication);
    this.#timelines.get(channel)?.add(publication);
  }

  /** Where the reader looks elsewhere, or was cut off, the first message of someone else is where "new" begins. */
  #markArrival(channel: string, publication: Publication): void {
    if (channel !== this.#visited || (this.attention.get() && !this.#wasCut)) return;
    const conversation = this.directory.conversations.get().get(channel);
    if (!conversation || publication.offset <= conversation.head || conversation.unread > 0) return;
    this.#wasCut = false;
    this.timeline(channel).markNewAfter(conversation.head);
  }

  #openVisited(): void {
    const channel = this.#visited;
    if (channel === undefined) return;
    const timeline = this.timeline(channel);
    const conversation = this.directory.conversations.get().get(channel);
    // To someone who was never here all of it is new, and nothing of it needs to be marked.
    const wasHere = conversation !== undefined && conversation.read > 0;
    if (wasHere && conversation.unread > 0) timeline.markNewAfter(conversation.read);
    void timeline.load(wasHere ? conversation.head - conversation.read : 0);
    if (conversation || this.#preview || !this.directory.listed.get()) return;
    if (describeChannel(channel, this.me)?.kind === 'direct') return;
    void this.directory.lookUp(channel);
    this.#preview = this.#client.subscribe(channel);
    this.#preview.on('publication', (publication) => timeline.add(publication));
  }

  #forgetTimelines(): void {
    for (const channel of this.#timelines.keys()) {
      if (this.#timelines.size <= MOST_TIMELINES) return;
      if (channel !== this.#visited && channel !== LOBBY) this.#timelines.delete(channel);
    }
  }
}
