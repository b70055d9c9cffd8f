/**
 * A way through a Valkey or Redis server while it lasts: one connection that publishes and one that listens. Where the
 * server knows sharded channels they are used, and in a cluster the server that has them is found; it never connects anew.
 */
import { Redis } from 'iovalkey';
import type { Clock } from '../time/clock.js';
import type { Letter } from './outgoing.js';

export interface RedisLinkOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string;
  readonly node: string;
  readonly clock: Clock;
  readonly received: (envelope: string) => void;
  /** It is over, once: whoever wants to go on opens another. */
  readonly lost: (cause: unknown) => void;
}

/** How long connecting, and each command, may take, in milliseconds. */
const TIMEOUT = 5000;

/** Between two looks whether who listens is still connected: it would never know by itself. */
const PROBE = 10_000;

/** How often a cluster may send us on to another server. */
const MOVES = 5;

/** All in one slot of a cluster, so that one server has them. */
const CHANNEL = '{fullduplex}:nodes';

export class RedisLink {
  /** Whether the channels are sharded ones, which a cluster does not carry to all its servers. */
  readonly sharded: boolean;
  readonly #options: RedisLinkOptions;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  #cancelProbe: () => void = () => {};
  #over = false;

  private constructor(options: RedisLinkOptions, publisher: Redis, subscriber: Redis, sharded: boolean) {
    this.#options = options;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.sharded = sharded;
    for (const connection of [publisher, subscriber]) {
      connection.on('error', (error: unknown) => this.#end(error));
      connection.on('close', () => this.#end(new Error('the connection was closed')));
    }
    const take = (_channel: string, envelope: string): void => options.received(envelope);
    subscriber.on(sharded ? 'smessage' : 'message', take);
    this.#probe();
  }

  /** Connects and listens. Rejects with what the server or the network says. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    let { url } = options;
    for (let moves = 0; ; moves++) {
      let said: unknown;
      const hear = (error: unknown): void => {
        said ??= error;
      };
      const publisher = connection(url, hear);
      const subscriber = connection(url, hear);
      try {
        await Promise.all([publisher.connect(), subscriber.connect()]);
        const sharded = await listen(subscriber, [channelOf(undefined), channelOf(options.node)]);
        return new RedisLink(options, publisher, subscriber, sharded);
      } catch (error) {
        publisher.disconnect();
        subscriber.disconnect();
        const elsewhere = movedTo(url, error);
        // What the server or the network said tells more than that the connection is closed.
        if (elsewhere === undefined || moves >= MOVES) throw said ?? error;
        url = elsewhere;
      }
    }
  }

  /** Rejects where one could not be sent; then the link is over if the channels are another server's now. */
  async send(letters: readonly Letter[]): Promise<void> {
    const command = this.sharded ? 'SPUBLISH' : 'PUBLISH';
    const sending = letters.map(({ envelope, to }) => this.#publisher.call(command, channelOf(to), envelope));
    try {
      await Promise.all(sending);
    } catch (error) {
      await Promise.allSettled(sending);
      if (movedTo(this.#options.url, error) !== undefined) this.#end(error);
      throw error;
    }
  }

  close(): void {
    this.#over = true;
    this.#cancelProbe();
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #probe(): void {
    this.#cancelProbe = this.#options.clock.after(PROBE, () => {
      this.#subscriber.ping().then(
        () => this.#over || this.#probe(),
        (error: unknown) => this.#end(error),
      );
    });
  }

  #end(cause: unknown): void {
    if (this.#over) return;
    this.close();
    this.#options.lost(cause);
  }
}

/** @param hear told of errors that belong to no command */
function connection(url: string, hear: (error: unknown) => void): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    // One connection is one try; what cannot be sent now is lost.
    retryStrategy: () => null,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: TIMEOUT,
    commandTimeout: TIMEOUT,
    connectionName: 'fullduplex',
  });
  redis.on('error', hear);
  return redis;
}

/** @returns whether the channels are sharded */
async function listen(subscriber: Redis, channels: readonly string[]): Promise<boolean> {
  try {
    await subscriber.ssubscribe(...channels);
    return true;
  } catch (error) {
    // Before Redis 7, and in what merely speaks like it.
    if (!/unknown command/i.test(String(error))) throw error;
    await subscriber.subscribe(...channels);
    return false;
  }
}

/** The same address on the server that an answer sends us to; undefined when it does not. */
function movedTo(url: string, error: unknown): string | undefined {
  const [, host, port] = (error instanceof Error && /^MOVED \d+ (.*):(\d+)$/.exec(error.message)) || [];
  if (host === undefined || port === undefined) return undefined;
  const moved = new URL(url);
  // Without a host it is the one that answered.
  if (host !== '') moved.hostname = host.includes(':') ? `[${host}]` : host;
  moved.port = port;
  return moved.href;
}

function channelOf(to: string | undefined): string {
  return to === undefined ? CHANNEL : `${CHANNEL}:${to}`;
}
