/**
 * What a read comes to, given what the channel still has: which offsets, and which gap the reader must be told of.
 * Pure arithmetic, shared by everything that answers reads, so that they cannot differ.
 */
import type { Gap, Position } from '@fullduplex/wire';
import type { LogRecord, ReadRequest } from './channel-log.js';

/** The most records that one read gives. */
export const MAX_READ_RECORDS = 10_000;
/** How many bytes of data one read gives where the request names no `maxBytes`. */
const DEFAULT_READ_BYTES = 4 * 1024 * 1024;

export interface Extent {
  readonly head: Position;
  /** The first offset that is still there; `head.offset + 1` when there is none. */
  readonly oldest: number;
}

export interface ReadPlan {
  /** First and last offset that may be given; `first > last` when there is nothing to give. */
  readonly first: number;
  readonly last: number;
  readonly limit: number;
  readonly maxBytes: number;
  /** What is missing before `first`, for a reader that gets as far back as `first`. */
  readonly gap?: Gap;
}

export function planRead(request: ReadRequest, extent: Extent): ReadPlan {
  const { head, oldest } = extent;
  const before = request.before ?? head.offset + 1;
  const last = Math.min(before - 1, head.offset);
  const limit = Math.min(Math.max(request.limit, 1), MAX_READ_RECORDS);
  const maxBytes = request.maxBytes ?? DEFAULT_READ_BYTES;
  const after = request.after ?? 0;

  const otherEpoch = request.epoch !== undefined && request.epoch !== head.epoch;
  const reason = otherEpoch || after > head.offset ? 'epoch' : 'retention';
  // A reader of another log has nothing of this one, so that it starts at the beginning.
  const from = reason === 'epoch' ? 1 : after + 1;
  const first = Math.max(from, oldest);
  const plan = { first, last, limit, maxBytes };
  if (reason === 'retention' && (from >= oldest || from > last)) return plan;
  const to = reason === 'epoch' ? oldest - 1 : Math.min(oldest - 1, last);
  return {
    ...plan,
    gap: { channel: request.channel, reason, epoch: head.epoch, from, to, oldest, head: head.offset },
  };
}

/**
 * The plan's gap, as far as it concerns an answer that begins at this offset (undefined when it is empty): who pages
 * backwards is told of the gap only with the page that runs into it.
 */
export function gapOf(plan: ReadPlan, request: ReadRequest, firstGiven: number | undefined): Gap | undefined {
  if (plan.gap?.reason === 'retention' && request.newestFirst && (firstGiven ?? plan.first) > plan.first) {
    return undefined;
  }
  return plan.gap;
}

/** What the plan gives of records that lie in memory: `records` has no holes and begins at the offset `start`. */
export function selectRecords(
  records: readonly LogRecord[],
  start: number,
  plan: ReadPlan,
  newestFirst: boolean,
): readonly LogRecord[] {
  const low = Math.max(plan.first - start, 0);
  const high = Math.min(plan.last - start + 1, records.length);
  const most = Math.min(plan.limit, high - low);
  let count = 0;
  let bytes = 0;
  while (count < most) {
    const record = records[newestFirst ? high - 1 - count : low + count]!;
    bytes += Buffer.byteLength(record.data);
    if (count > 0 && bytes > plan.maxBytes) break;
    count++;
  }
  return newestFirst ? records.slice(high - count, high) : records.slice(low, low + count);
}
