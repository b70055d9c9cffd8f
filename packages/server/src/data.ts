/** What a server keeps: the log of all conversations, and the secret that its guests' tokens are signed with. */
import { join } from 'node:path';
import { type ResolvedConfig, ServerError } from './config.js';
import { makeFolder } from './folder.js';
import { guestSecret } from './http/auth.js';
import type { ChannelLog } from './log/channel-log.js';
import { MemoryLog } from './log/memory-log.js';
import { SqliteLog } from './log/sqlite-log.js';

export interface Data {
  readonly log: ChannelLog;
  /** Absent where there are no guests. */
  readonly secret: Uint8Array | undefined;
}

/**
 * Opens the data folder, or what stands in for it.
 *
 * @param given the log to use instead of the folder's own
 * @throws {ServerError} `data_unavailable`
 */
export async function openData(config: ResolvedConfig, given: ChannelLog | undefined): Promise<Data> {
  const { dataDir, durability, guests } = config;
  try {
    const secret = guests ? await guestSecret(dataDir) : undefined;
    if (given !== undefined) return { log: given, secret };
    const { recordBytes, pendingBytes } = config.log;
    const bounds = { maxRecordBytes: recordBytes, maxPendingBytes: pendingBytes };
    if (dataDir === undefined || durability === 'memory') {
      return { log: new MemoryLog({ ...bounds, maxBytes: config.log.memoryBytes }), secret };
    }
    await makeFolder(dataDir);
    const log = await SqliteLog.open({
      ...bounds,
      file: join(dataDir, 'log.db'),
      durability,
      maxBatchBytes: config.log.batchBytes,
      tailBytes: config.log.tailBytes,
      maxChannelsKept: config.log.channelsKept,
      ...(config.log.fileBytes === undefined ? {} : { maxFileBytes: config.log.fileBytes }),
    });
    return { log, secret };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerError('data_unavailable', `Cannot use the data folder ${dataDir}: ${reason}`, {
      cause: error,
    });
  }
}
