/** Finds where in a channel a user's membership begins, for a reader that has no position there yet. */
import type { Gap, Position } from '@fullduplex/wire';
import type { ChannelLog, LogRecord } from '../log/channel-log.js';

/** How far back the record of joining is looked for. Who joined longer ago is told of a gap. */
const FARTHEST = 10_000;
const PAGE = 500;

export interface Start {
  readonly position: Position;
  readonly gap?: Gap;
}

/**
 * The position just before the record by which the user joined, so that this record itself is the first one read.
 * Undefined when there is no such record: the user is on the way in, and it is about to be appended.
 */
export async function joinedAt(log: ChannelLog, channel: string, user: string): Promise<Start | undefined> {
  // What is read here is about what the reader is then given: it costs the answer's order, not more.
  let oldest: number | undefined;
  let seen = 0;
  for (;;) {
    const before = oldest === undefined ? {} : { before: oldest };
    const { records, head } = await log.read({ channel, limit: PAGE, newestFirst: true, ...before });
    const joined = records.findLast((record) => isJoin(record, channel, user));
    if (joined !== undefined) return { position: { epoch: head.epoch, offset: joined.offset - 1 } };
    seen += records.length;
    oldest = records[0]?.offset ?? oldest;
    if (oldest === undefined || oldest === 1) return undefined;
    // Retention has taken the record, or it is too far to look for.
    if (records.length === 0 || seen >= FARTHEST) return fromOldest(channel, oldest, head);
  }
}

function fromOldest(channel: string, oldest: number, head: Position): Start {
  const { epoch, offset } = head;
  return {
    position: { epoch, offset: oldest - 1 },
    gap: { channel, reason: 'retention', epoch, from: 1, to: oldest - 1, oldest, head: offset },
  };
}

function isJoin(record: LogRecord, channel: string, user: string): boolean {
  if (!record.data.includes('"joined"')) return false;
  const data: unknown = JSON.parse(record.data);
  if (typeof data !== 'object' || data === null) return false;
  const fields = data as { type?: unknown; user?: unknown; channel?: unknown };
  return fields.type === 'joined' && fields.user === user && fields.channel === channel;
}
