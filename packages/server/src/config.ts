/**
 * Everything a server can be told, with its defaults, units and bounds. It checks shapes and ranges only; whether a
 * port is free or a folder can be written to shows when the server listens.
 */
import { isIP } from 'node:net';
import { z } from 'zod';

const count = z.int().min(1);
const bytes = z.int().min(256);
const seconds = z.number().positive().max(86_400);

/** What a stranger may take. Sizes are in bytes. */
const limits = z.strictObject({
  /** The longest text of one message, in UTF-8. Longer ones are `message_too_large`. */
  messageBytes: bytes.max(900 * 1024).default(64 * 1024),
  /** The longest WebSocket message the server reads at all; longer ones close the connection with 1009. */
  frameBytes: bytes.default(1024 * 1024),
  /** The longest body of an HTTP request. Longer ones are `message_too_large`. */
  bodyBytes: bytes.default(1024 * 1024),
  /** What may wait to be written to one connection before it reads on from the log instead, at its own pace. */
  outboxBytes: bytes.default(256 * 1024),
  /** What one page read from the log for a reader that catches up may hold. */
  pageBytes: bytes.default(64 * 1024),
  /** What one answer of `sync`, `history`, or the recovery in one reply may hold. */
  answerBytes: bytes.default(512 * 1024),
  /** Publications in one such answer. */
  answerPublications: count.max(10_000).default(1000),
  /** Connections and held requests at one time; more are refused with 503. */
  connections: count.default(200_000),
  /** WebSockets of one address at one time; loopback addresses are not counted. More are refused with 429. */
  connectionsPerAddress: count.default(10_000),
  /** Channels that one session may be subscribed to by its own wish. */
  subscriptions: count.default(1000),
  /** Commands of one session that may be under way at once; what comes after waits unread. */
  pendingCommands: count.default(1000),
  /** Commands a second of one session, or of one user over HTTP; a burst may be twice as many. Stops runaway loops. */
  commandsPerSecond: count.default(10_000),
  /** Guest names a minute for one address; loopback addresses are not counted. */
  guestsPerMinute: count.default(60),
  /** Frames in a row that hold nothing the server understands before it disconnects a session (3509). */
  badFrames: count.default(100),
  /** A channel with more members here than this tells nobody who comes and goes; ask `presence_stats` there. */
  presencePushes: z.int().min(0).default(200),
});

/** How long things take. In seconds. */
const timing = z.strictObject({
  /** Between the server's pings to a session. A connection that has not said `connect` by the first is closed. */
  pingInterval: seconds.default(25),
  /** How long a session has to answer a ping. */
  pongTimeout: seconds.default(10),
  /** Between the comments that keep a stream of server-sent events alive through proxies. */
  heartbeat: seconds.default(15),
  /** The longest a long poll is held, whatever it asks for. */
  maxWait: seconds.default(60),
  /** What a browser's EventSource waits before it comes back (`retry:`). */
  retry: seconds.default(2),
  /** How long someone whose connection was cut still counts as here. */
  presenceGrace: seconds.default(15),
  /** How long a poller counts as here after its last request. */
  pollingLease: seconds.default(45),
  /** How long a channel that nobody reads any more is still followed. */
  followLinger: seconds.default(5),
  /** How long closing waits for connections to say goodbye before it cuts them. */
  closeTimeout: seconds.default(5),
});

const origin = z.string().refine((text) => text === 'null' || isOrigin(text), {
  message: 'an origin is scheme://host[:port], without a path, or "null"',
});

const schema = z
  .strictObject({
    /** The address to listen on. */
    host: z.string().min(1).default('127.0.0.1'),
    /** 0: the system chooses one. */
    port: z.int().min(0).max(65_535).default(8080),
    /** Where the log and the guests' secret are kept; made if absent. Without it everything is gone at the end. */
    dataDir: z.string().min(1).optional(),
    /** What an acknowledged message has survived: see the log's contract. Without `dataDir` it is `memory`. */
    durability: z.enum(['disk', 'system', 'memory']).default('disk'),
    /** The built page to serve; without it `/` says that there is none. */
    pageDir: z.string().min(1).optional(),
    /** Whether anyone may take a name by `POST /api/guest`. Default: while bound to loopback and no `tokenSecret`. */
    guests: z.boolean().optional(),
    /** The HS256 secret of an application that issues tokens (`sub` is the user, `exp` is kept to). */
    tokenSecret: z.string().min(16).optional(),
    /** What a back end shows to publish: `POST /api/publish` with `Authorization: ApiKey KEY`. Absent: nobody may. */
    apiKey: z
      .string()
      .min(16)
      .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')
      .optional(),
    /** Origins allowed besides the server's own. Loopback origins and `null` are, while bound to loopback. */
    origins: z.array(origin).default([]),
    /** Names the server answers to while bound to loopback, besides loopback's own: a wall against DNS rebinding. */
    hosts: z.array(z.string()).default([]),
    /** Take the caller's address from the last entry of X-Forwarded-For. Only behind a proxy that sets it. */
    trustProxy: z.boolean().default(false),
    /** What is logged to standard output, as JSON lines. */
    logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('silent'),
    limits: limits.prefault({}),
    timing: timing.prefault({}),
  })
  .refine((config) => config.limits.frameBytes >= 2 * config.limits.messageBytes, {
    // Room for escapes and the envelope, so that a message merely too large is told so and the connection lives.
    message: 'limits.frameBytes must be at least twice limits.messageBytes',
  })
  .refine((config) => config.limits.bodyBytes >= 2 * config.limits.messageBytes, {
    message: 'limits.bodyBytes must be at least twice limits.messageBytes',
  });

/** What `createServer` takes. Everything is optional. */
export type ServerConfig = z.input<typeof schema>;

/** The same with every default filled in. */
export type ResolvedConfig = Omit<z.output<typeof schema>, 'guests'> & {
  readonly guests: boolean;
  /** Whether `host` is an address only this machine can reach. */
  readonly loopback: boolean;
};

export type Limits = ResolvedConfig['limits'];
export type Timing = ResolvedConfig['timing'];

/** What stands in the way of a server; the code is for programs, the message for the person who started it. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export type ServerErrorCode =
  /** An option has a value it cannot have. */
  | 'invalid_config'
  /** Another program listens on this port. */
  | 'address_in_use'
  /** This machine has no such address, or may not listen on it. */
  | 'address_not_available'
  /** The data folder cannot be read or written, or another server uses it. */
  | 'data_unavailable';

/** @throws {ServerError} `invalid_config`, with a sentence that names the option */
export function resolveConfig(input: ServerConfig): ResolvedConfig {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.');
    throw new ServerError('invalid_config', `${where ? `${where}: ` : ''}${issue?.message ?? 'invalid'}`);
  }
  const config = parsed.data;
  const loopback = isLoopback(config.host);
  const guests = config.guests ?? (loopback && config.tokenSecret === undefined);
  if (!guests && config.tokenSecret === undefined) {
    throw new ServerError(
      'invalid_config',
      'Nobody could sign in: give tokenSecret, so that an application can issue tokens, or guests: true.',
    );
  }
  return { ...config, guests, loopback };
}

/** Whether a host name or address means this machine alone. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || name.startsWith('::ffff:127.');
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
