/**
 * The client's public types: what one is made from, what it tells, and what it can be asked. It holds no behaviour
 * but the error's class.
 */
import type {
  ChannelPublication,
  CommandName,
  CommandParams,
  CommandResults,
  ErrorCode,
  Gap,
  Member,
  Position,
} from '@fullduplex/wire';

/** The ways to read the server's log, best first. */
export type TransportName = 'websocket' | 'sse' | 'long-polling' | 'polling';

/** Asks the app for a token; `null` means that there is none to be had: the client is signed out. */
export type GetToken = (why: {
  /** The token in use was refused or has expired: a kept one is of no use. */
  readonly refused: boolean;
}) => string | null | Promise<string | null>;

export interface ClientOptions {
  /** The server's address, `http:` or `https:` (`ws:` and `wss:` are understood too). In a browser: the page's own origin. */
  readonly url?: string | URL;
  /** A token that never changes. Give either this or `getToken`. */
  readonly token?: string;
  readonly getToken?: GetToken;
  /** Which transports may be used, best first. All four by default. */
  readonly transports?: readonly TransportName[];
  /** `mine` (the default): everything the user belongs to, as it changes. `none`: only what `subscribe` asks for. */
  readonly follow?: 'mine' | 'none';
  /** Where to go on from, in everything; kept from `client.cursor` of an earlier client, whatever its transport was. */
  readonly cursor?: string | undefined;
  /**
   * How far each channel was told; kept with the cursor, from `client.positions`. Nothing of it is told again, and where
   * the server cannot go on from the cursor, what was missed is found by these.
   */
  readonly positions?: Readonly<Record<string, Position>>;
  /** Keeps messages that are not sent yet; in a page, `localStorageOutbox()` lets them survive a reload. */
  readonly storage?: OutboxStorage;
  /** The platform's, unless others are given. Node 20 has no WebSocket: give one, or the client starts on SSE. */
  readonly WebSocket?: WebSocketConstructor;
  readonly fetch?: typeof fetch;
  readonly timing?: Partial<Timing>;
  readonly limits?: Partial<Limits>;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests: a number from 0 up to 1, for the length of waits. */
  readonly random?: () => number;
}

/** All in milliseconds. */
export interface Timing {
  /** The first wait after a failure is random between 0 and this; each further one has twice the span. 500. */
  readonly backoffBase: number;
  /** The longest span of a wait. 20,000. */
  readonly backoffCap: number;
  /** How long a command may take to be answered, and the last transport of the list to be up. 10,000. */
  readonly timeout: number;
  /** How long a transport may take to be up before the next one is tried. 4,000. */
  readonly fallbackAfter: number;
  /** Between two requests when polling. 3,000. */
  readonly pollInterval: number;
  /** How long a long poll asks to be held; whole seconds are sent. 25,000. */
  readonly longPollWait: number;
  /**
   * How long a WebSocket or event stream may be silent past the moment when the server should have spoken. 10,000. A
   * session says how often that is; a stream is expected to speak every 15 s: give more to a server that does so less.
   */
  readonly maxSilence: number;
  /** The first wait before a better transport is tried again; doubled by each failure up to ten times this. 15,000. */
  readonly upgradeAfter: number;
}

export interface Limits {
  /** Messages waiting to be sent; `send` throws `outbox_full` beyond them. 1,000. */
  readonly pendingMessages: number;
  /** Publications an async iterator holds for a slow reader; beyond it the log is read again when it catches up. 1,000. */
  readonly iteratorBuffer: number;
}

export type ClientStatus =
  /** On the way, for the first time or after a cut. */
  | 'connecting'
  /** Reading over `transport`. */
  | 'connected'
  /** Cut off, and sends wait. Tried again at `retryAt`, or at this moment where that is absent. */
  | 'offline'
  /** No token, or the server refuses the one there is. Nothing is tried until `client.reconnect()`. */
  | 'signed-out'
  /** `client.close()` was called, or the server said not to come again (`reason`). */
  | 'closed';

export interface ClientState {
  readonly status: ClientStatus;
  /** Who the server says we are; known once connected. */
  readonly user?: string;
  readonly transport?: TransportName;
  /** Publications that are known to be there and not told yet: while above 0 the client is catching up. */
  readonly behind: number;
  /** Messages not acknowledged yet; failed ones are not counted. */
  readonly pending: number;
  /** When the next attempt is made, in milliseconds since 1970; absent while one is. */
  readonly retryAt?: number;
  /** Why we are not connected, for people to read. */
  readonly reason?: string;
}

/**
 * What a listener of `publication` gets: everything once and in offset order within its channel; across channels in the
 * log's order, but for what had to be read again.
 */
export type ReceivedPublication<Data = unknown> = ChannelPublication<Data>;

/** A message on its way, as it was at one moment; each change is told as a new object of the same `key`. */
export interface PendingMessage {
  /** Its id from before the server knew it; the publication bears it as `info.key`. */
  readonly key: string;
  readonly channel: string;
  readonly text: string;
  /** When `send` was called, in milliseconds since 1970, by this machine's clock. */
  readonly time: number;
  /**
   * `pending`: not acknowledged yet. `sent`: durable at `position`. `failed`: refused for good; `retry` or `discard` it.
   * `discarded`: taken back before it was acknowledged.
   */
  readonly status: 'pending' | 'sent' | 'failed' | 'discarded';
  readonly position?: Position;
  readonly error?: ClientError;
  /** Resolves with the message once it is sent, failed or discarded. Never rejects. A `retry` makes a new one. */
  readonly done: Promise<PendingMessage>;
}

export interface MembershipEvent {
  /** What this user now belongs to, or no longer does. */
  readonly channel: string;
}

export interface PresenceEvent {
  readonly channel: string;
  readonly user: string;
  readonly present: boolean;
}

export interface TypingEvent {
  readonly channel: string;
  readonly user: string;
  readonly typing: boolean;
}

export interface ClientEvents {
  readonly state: ClientState;
  readonly publication: ReceivedPublication;
  /**
   * Records that can no longer be had: what is shown of `channel` before `oldest` has a hole, or is of another log. `from`
   * stands where it is known.
   */
  readonly gap: Gap;
  /** This user belongs to a channel now; its publications follow. Told for each at the first connecting, then as it changes. */
  readonly joined: MembershipEvent;
  readonly left: MembershipEvent;
  /** Others came or went. Told over WebSocket alone: ask `presence()` on the other transports. */
  readonly presence: PresenceEvent;
  /** Told over WebSocket alone. */
  readonly typing: TypingEvent;
  /** A message of `send` was queued, acknowledged, refused or discarded. */
  readonly send: PendingMessage;
}

export type Listener<T> = (event: T) => void;
export type Unsubscribe = () => void;

export interface SubscriptionEvents {
  readonly publication: ReceivedPublication;
  readonly gap: Gap;
  /** The server took it back for good (no right, no such channel), or the client closed. */
  readonly closed: ClientError | undefined;
}

/**
 * One channel's publications, whether the user belongs to it or not. Iterating gives each once, in order, and ends
 * when the subscription or the client is closed; it throws when the server refuses the channel.
 */
export interface Subscription extends AsyncIterable<ReceivedPublication> {
  readonly channel: string;
  /** The last publication that was told; `undefined` until the server has said where the channel stands. */
  readonly position: Position | undefined;
  on<Name extends keyof SubscriptionEvents>(
    name: Name,
    listener: Listener<SubscriptionEvents[Name]>,
  ): Unsubscribe;
  close(): void;
}

export interface SubscribeOptions {
  /** A position: everything after it. `now` (the default): what comes from here on, or where this client already stands. */
  readonly from?: Position | 'now';
}

export type HistoryOptions = Omit<CommandParams['channel.history'], 'channel'>;
export type History = CommandResults['channel.history'];

export interface Client {
  readonly state: ClientState;
  /**
   * The place in the order of everything up to which all was told. Keep it, with `positions`, to go on from there in
   * another client. `undefined` before the server has said where we begin, and while what was missed is looked for.
   */
  readonly cursor: string | undefined;
  /** Where the client stands in each channel, up to what was told. */
  readonly positions: Readonly<Record<string, Position>>;
  /** Pending, failed, and sent ones whose publication was not told yet; in the order of `send`. A new array each change. */
  readonly pendingMessages: readonly PendingMessage[];

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<ClientEvents[Name]>): Unsubscribe;

  /**
   * Follows a channel. A second subscription to a channel that is followed costs the server nothing.
   *
   * @example
   * for await (const publication of client.subscribe('feed:news')) console.log(publication.data);
   */
  subscribe(channel: string, options?: SubscribeOptions): Subscription;

  /**
   * Queues a message at once and sends it when it can, again and again until it is acknowledged; the log holds it
   * once however often it was sent. Messages to one channel arrive in the order of the calls.
   *
   * @throws {ClientError} `outbox_full`, `closed`
   */
  send(channel: string, text: string): PendingMessage;
  /** Tries a failed message again now, under the same key. */
  retry(key: string): void;
  /** Forgets a message that is not acknowledged. One already on its way may arrive all the same. */
  discard(key: string): void;

  /**
   * Runs a chat command once. What appends may be repeated with the same `key` when the error is `retryable`.
   *
   * @throws {ClientError} with the server's code, or `offline`, `timeout`, `signed_out`, `closed`
   */
  call<Name extends CommandName>(name: Name, params: CommandParams[Name]): Promise<CommandResults[Name]>;

  history(channel: string, options?: HistoryOptions): Promise<History>;
  /** Who is here now, each name once. */
  presence(channel: string): Promise<readonly string[]>;
  /** All of them, page by page: of a large room ask `call('channel.members', …)` for a page instead. */
  members(channel: string): Promise<readonly Member[]>;
  /** Tells the others; harmless when it is lost. Says so at most every few seconds, however often it is called. */
  typing(channel: string, typing: boolean): void;

  /** Tries now instead of at `retryAt`; after `signed-out`, asks for a token again. */
  reconnect(): void;
  /** Ends it for good. What waits to be sent stays in the storage, if there is one. */
  close(): void;
}

export type ClientErrorCode =
  | ErrorCode
  /** There was no way to the server. */
  | 'offline'
  /** The server did not answer in time; whether it did what was asked is not known. */
  | 'timeout'
  /** The server answered something that is not its protocol. */
  | 'bad_answer'
  | 'signed_out'
  | 'outbox_full'
  | 'closed';

export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;

  constructor(code: ClientErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** A message as it is kept over a restart. */
export interface StoredMessage {
  readonly key: string;
  readonly channel: string;
  readonly text: string;
  readonly time: number;
  readonly failed?: { readonly code: ClientErrorCode; readonly message: string };
}

/**
 * Where messages wait. Synchronous, so that nothing is lost between `send` and a closing tab. It belongs to one user:
 * what it holds is sent by whoever is signed in.
 */
export interface OutboxStorage {
  /** In the order in which they were put. */
  load(): readonly StoredMessage[];
  /** Adds it, or replaces the one of the same key. May throw: the message is sent all the same, but not kept. */
  put(message: StoredMessage): void;
  remove(key: string): void;
}

/** The part of the platform's WebSocket that the client uses. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once, `delay` milliseconds from now, unless cleared. */
  setTimer(callback: () => void, delay: number): unknown;
  clearTimer(timer: unknown): void;
}
