/**
 * What a read comes to, given what the channel still has: which offsets, and which gap the reader must be told of.
 * Pure arithmetic, shared by everything that answers reads, so that they cannot differ.
 */
import type { Gap } from '@fullduplex/wire';
import type { LogRecord, ReadRequest } from './log.js';
import type { Extent } from './storage.js';

/** The most records that one read gives. */
export const MAX_READ_RECORDS = 10_000;
/** How many bytes of data one read gives where the request names no `maxBytes`. */
export const DEFAULT_READ_BYTES = 4 * 1024 * 1024;

export interface ReadPlan {
  /** First and last offset that may be given; `first > last` when there is nothing to give. */
  readonly first: number;
  readonly last: number;
  readonly limit: number;
  readonly maxBytes: number;
}

/** What is asked for at once, within what may be. */
export function clampLimit(limit: number): number {
  return Math.min(Math.max(limit, 1), MAX_READ_RECORDS);
}

export function planRead(request: ReadRequest, extent: Pick<Extent, 'head' | 'oldest'>): ReadPlan {
  const { head, oldest } = extent;
  return {
    first: Math.max((request.after ?? 0) + 1, oldest),
    last: Math.min((request.before ?? head.offset + 1) - 1, head.offset),
    limit: clampLimit(request.limit),
    maxBytes: request.maxBytes ?? DEFAULT_READ_BYTES,
  };
}

/**
 * What the reader asked for and can no longer have, given an answer that begins at the offset `first` (undefined when
 * it is empty). Who pages backwards is told of a gap only with the page that runs into it.
 *
 * @param forked the position that was asked from lies beyond its epoch's end: the answer starts at the beginning
 */
export function gapOf(
  request: ReadRequest,
  extent: Pick<Extent, 'head' | 'oldest'>,
  epoch: string,
  first: number | undefined,
  forked: boolean,
): Gap | undefined {
  const { channel } = request;
  const { oldest } = extent;
  const head = extent.head.offset;
  if (forked) return { channel, reason: 'epoch', epoch, from: 1, to: oldest - 1, oldest, head };
  const from = (request.after ?? 0) + 1;
  const plan = planRead(request, extent);
  const wanted = Math.min((request.before ?? head + 1) - 1, head);
  if (from >= oldest || from > wanted) return undefined;
  if (request.newestFirst === true && (first ?? plan.first) > plan.first) return undefined;
  return { channel, reason: 'retention', epoch, from, to: Math.min(oldest - 1, wanted), oldest, head };
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
