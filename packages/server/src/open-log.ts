/** Opens what a server keeps, wherever that is: the log of all conversations, and the secrets that go with it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type ResolvedConfig, ServerError } from './config.js';
import { guestSecret, sharedSecret } from './http/guest-secret.js';
import type { Log } from './log/log.js';
import { MemoryStorage } from './log/memory-storage.js';
import { OrderedLog, type OrderedLogOptions } from './log/ordered-log.js';
import type { Storage } from './log/storage.js';
import { makeFolder } from './make-folder.js';
import type { Clock } from './time/clock.js';

export interface Kept {
  readonly log: Log;
  /** Signs guests' tokens; absent where there are no guests. */
  readonly secret: Uint8Array | undefined;
}

/** What differs from run to run, and comes from outside. */
export interface Edges {
  readonly clock: Clock;
  /** This node's id: another one for each start, and no other node's. */
  readonly node: string;
  /** From 0 to 1, evenly. */
  readonly random: () => number;
}

/**
 * @param given the log to use instead of the configured one
 * @throws {ServerError} `data_unavailable`
 */
export async function openLog(
  config: ResolvedConfig,
  given: Log | undefined,
  edges: Edges,
  told: Pick<OrderedLogOptions, 'failed' | 'appended'>,
): Promise<Kept> {
  const { recordBytes, pendingBytes, batchBytes, recentBytes, channelsKept } = config.log;
  try {
    if (given !== undefined) return { log: given, secret: await secretOf(config, given) };
    const log = new OrderedLog(await openStorage(config, edges, told.failed ?? (() => {})), {
      ...told,
      // After what this turn of the loop has read from its connections.
      defer: setImmediate,
      after: (ms, callback) => edges.clock.after(ms, callback),
      monotonic: () => edges.clock.monotonic(),
      maxRecordBytes: recordBytes,
      maxPendingBytes: pendingBytes,
      maxBatchBytes: batchBytes,
      maxHeads: channelsKept,
      recentBytes,
    });
    try {
      return { log, secret: await secretOf(config, log) };
    } catch (error) {
      await log.close();
      throw error;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where = config.logUrl === undefined ? `the data folder ${config.dataDir}` : 'the database';
    throw new ServerError('data_unavailable', `Cannot use ${where}: ${reason}`, { cause: error });
  }
}

async function openStorage(
  config: ResolvedConfig,
  edges: Edges,
  failed: (error: unknown) => void,
): Promise<Storage> {
  const { dataDir, durability, logUrl, log } = config;
  if (logUrl !== undefined && durability !== 'memory') {
    const { PostgresStorage } = await import('./log/postgres/postgres-storage.js');
    return PostgresStorage.open({
      url: logUrl,
      durability,
      maxConnections: log.connections,
      node: edges.node,
      after: (ms, callback) => edges.clock.after(ms, callback),
      random: edges.random,
      failed,
    });
  }
  if (dataDir === undefined || durability === 'memory')
    return new MemoryStorage({
      maxBytes: log.memoryBytes,
      now: () => edges.clock.now(),
      epoch: randomUUID(),
    });
  await makeFolder(dataDir);
  const { SqliteStorage } = await import('./log/sqlite/sqlite-storage.js');
  return SqliteStorage.open({
    file: join(dataDir, 'log.db'),
    durability,
    ...(log.fileBytes === undefined ? {} : { maxFileBytes: log.fileBytes }),
  });
}

async function secretOf(
  { guests, logUrl, dataDir }: ResolvedConfig,
  log: Log,
): Promise<Uint8Array | undefined> {
  if (!guests) return undefined;
  // Without a folder it is in the log, where every server on it finds the same one.
  return logUrl === undefined && dataDir !== undefined
    ? guestSecret(dataDir)
    : sharedSecret(log, randomBytes);
}
