/**
 * Everything a server can be told, with its defaults, units and bounds. It checks shapes and ranges only; whether a
 * port is free or a folder can be written to shows when the server listens.
 */
import { isIP } from 'node:net';
import { MAX_WAIT_SECONDS } from '@fullduplex/wire';
import { z } from 'zod';

const count = z.int().min(1);
const bytes = z.int().min(256);
const seconds = z.number().positive().max(86_400);
const MIB = 1024 * 1024;

/** What one message, connection, session or address may take. Sizes are in bytes. */
const limits = z.strictObject({
  /** The longest text of one message, in UTF-8. Longer ones are `message_too_large`. */
  messageBytes: bytes.default(64 * 1024),
  /** The longest WebSocket message the server reads at all; longer ones close the connection with 1009. */
  frameBytes: bytes.default(1024 * 1024),
  /** The longest body of an HTTP request. Longer ones are `message_too_large`. */
  bodyBytes: bytes.default(1024 * 1024),
  /** The longest head of an HTTP request, the channels that sync is asked for included. Longer ones get 431. */
  headBytes: z
    .int()
    .min(8192)
    .max(MIB)
    .default(64 * 1024),
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
  /**
   * Commands of one session, or messages of one plain connection, that may be under way at once; what comes after waits
   * unread. One with a large answer (histories, lists) counts as a quarter of it.
   */
  pendingCommands: count.min(4).default(256),
  /** Commands a second of one session, or of one user over HTTP; a burst may be twice as many. Stops runaway loops. */
  commandsPerSecond: count.default(10_000),
  /** Guest names a minute for one address; loopback addresses are not counted. */
  guestsPerMinute: count.default(60),
  /** Frames in a row that hold nothing the server understands before it disconnects a session (3509). */
  badFrames: count.default(100),
  /** A channel with more members here than this tells nobody who comes and goes; ask `presence_stats` there. */
  presencePushes: z.int().min(0).default(200),
});

/** What users may have, and how much one answer of a command tells. Sizes are in bytes. */
const chat = z.strictObject({
  /** Users the server knows, those included who were only written to. Half a kilobyte of memory each. */
  users: count.default(250_000),
  /** Rooms that one user may create. */
  roomsPerUser: count.default(100),
  /** Conversations that one user may join, create or open; what others open with them is not refused. */
  membershipsPerUser: count.default(1000),
  /** Members of one room; the lobby takes everyone. */
  membersPerRoom: count.default(100_000),
  /** One reaction, in UTF-8. */
  reactionBytes: count.max(96).default(64),
  /** Data in one answer of `channel.history`; at least one publication is given. */
  historyBytes: bytes.default(MIB),
  /** From so many members on, joining and leaving a room is told to nobody but the user. */
  membersTold: count.default(10_000),
  /** Users that `me.state` names as here in one channel. */
  presentListed: count.default(1000),
});

/** What the log of all conversations may take. In bytes, but for `channelsKept`. */
const log = z.strictObject({
  /** One record as it is stored, which is JSON: quotes, line breaks and the like take more than in the message. */
  recordBytes: bytes.default(MIB),
  /** What may wait to be committed before more is refused with `storage_full`. */
  pendingBytes: bytes.default(64 * MIB),
  /** A commit takes no more once it has this much; the rest waits for the next one. */
  batchBytes: bytes.default(4 * MIB),
  /** Recent records kept in memory, over all channels; older ones are read from the storage. */
  recentBytes: z
    .int()
    .min(0)
    .default(16 * MIB),
  /** Channels whose heads are kept in memory; those of others are looked up. */
  channelsKept: count.default(100_000),
  /** Connections to the database of `logUrl`. */
  connections: count.min(3).default(8),
  /** What the database file may grow to; then writes are refused with `storage_full`. Absent: as the disk has room. */
  fileBytes: z.int().min(MIB).optional(),
  /** What a log in memory may hold; then writes are refused with `storage_full`. */
  memoryBytes: z
    .int()
    .min(MIB)
    .default(256 * MIB),
});

/** What is kept of each channel: all of it, unless one of these says otherwise. The newest record always is. */
const retention = z.strictObject({
  /** Records of each channel, the newest ones. What is older is removed, and readers behind it are told of a gap. */
  records: count.optional(),
  /** Days since a record was appended; may be a fraction. */
  days: z.number().positive().max(36_500).optional(),
  /** Seconds for which everything is kept whatever the others say, so that readers who are late by less miss nothing. */
  minAge: z.number().min(0).max(86_400).default(300),
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
  maxWait: seconds.max(MAX_WAIT_SECONDS).default(MAX_WAIT_SECONDS),
  /** What a browser's EventSource waits before it comes back (`retry:`). */
  retry: seconds.default(2),
  /** How long someone whose connection was cut still counts as here. */
  presenceGrace: seconds.default(15),
  /** How long a poller counts as here after its last request. */
  pollingLease: seconds.default(45),
  /** How long what a user belongs to is still followed after the user's last request. */
  followLinger: seconds.default(60),
  /** How long a stream of server-sent events goes on before its caller has to come again, which proves it is there. */
  streamLife: seconds.default(180),
  /** For how long the storage may be silent before commands are refused as `unavailable`. */
  storagePatience: seconds.default(5),
  /** For how long the storage may be silent before sessions and streams are ended, so that clients look elsewhere. */
  storageLoss: seconds.default(30),
  /** From the end of one sweep that removes what `retention` does not keep to the beginning of the next. */
  retentionSweep: seconds.default(60),
  /** How long closing waits for connections to say goodbye before it cuts them. */
  closeTimeout: seconds.default(5),
  /** Between two proofs that whoever is on a plain connection is still here; who is silent for three is gone. */
  plainRenewal: seconds.default(20),
  /** How long the head of an HTTP request may take to arrive. */
  headTimeout: seconds.default(10),
  /** How long a whole HTTP request may take to arrive. */
  requestTimeout: seconds.default(30),
  /** How long a connection without a request is kept open for the next one. */
  keepAliveTimeout: seconds.default(65),
});

const origin = z.string().refine((text) => text === 'null' || isOrigin(text), {
  message: 'an origin is scheme://host[:port], without a path, or "null"',
});

/** For the test that holds the documentation to it; everything else asks `resolveConfig`. */
export const configSchema = z
  .strictObject({
    /** The address to listen on. */
    host: z.string().min(1).default('127.0.0.1'),
    /** 0: the system chooses one. */
    port: z.int().min(0).max(65_535).default(8080),
    /** Where the log and the guests' secret are kept; made if absent. Without it everything is gone at the end. */
    dataDir: z.string().min(1).optional(),
    /**
     * Where the log is, in the place of `dataDir`: `postgres://…`, with the parameters that its client library knows.
     * Several servers on one database are one: any of them answers any request.
     */
    logUrl: z
      .url({ protocol: /^postgres(ql)?$/, error: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE' })
      .optional(),
    /**
     * What servers on one log tell each other beside it: `redis://…` (Redis or Valkey). Absent: PostgreSQL's NOTIFY where
     * the log is there, and nobody else where it is not.
     */
    brokerUrl: z.url({ protocol: /^rediss?$/, error: 'redis://HOST:PORT' }).optional(),
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
    chat: chat.prefault({}),
    log: log.prefault({}),
    retention: retention.prefault({}),
    timing: timing.prefault({}),
  })
  .refine((config) => config.limits.frameBytes >= 2 * config.limits.messageBytes, {
    // Room for escapes and the envelope, so that a message merely too large is told so and the connection lives.
    message: 'limits.frameBytes must be at least twice limits.messageBytes',
  })
  .refine((config) => config.limits.bodyBytes >= 2 * config.limits.messageBytes, {
    message: 'limits.bodyBytes must be at least twice limits.messageBytes',
  })
  .refine((config) => config.log.recordBytes >= 2 * config.limits.messageBytes, {
    message: 'log.recordBytes must be at least twice limits.messageBytes',
  })
  .refine(({ log }) => log.pendingBytes >= 2 * log.recordBytes, {
    // Else the largest record could never be written, however long its sender tried.
    message: 'log.pendingBytes must be at least twice log.recordBytes',
  })
  .refine(({ log }) => log.memoryBytes >= 2 * log.recordBytes, {
    message: 'log.memoryBytes must be at least twice log.recordBytes',
  })
  .refine(({ log }) => log.fileBytes === undefined || log.fileBytes >= 2 * log.recordBytes, {
    message: 'log.fileBytes must be at least twice log.recordBytes',
  })
  .refine(({ timing }) => timing.requestTimeout >= timing.headTimeout, {
    message: 'timing.requestTimeout cannot be shorter than timing.headTimeout, which is a part of it',
  });

/** What `createServer` takes. Everything is optional. */
export type ServerConfig = z.input<typeof configSchema>;

/** The same with every default filled in. */
export type ResolvedConfig = Omit<z.output<typeof configSchema>, 'guests'> & {
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
  | 'data_unavailable'
  /** It was closed before it listened. */
  | 'closed';

/** @throws {ServerError} `invalid_config`, with a sentence that names the option */
export function resolveConfig(input: ServerConfig): ResolvedConfig {
  const parsed = configSchema.safeParse(input);
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
