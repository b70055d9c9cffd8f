/** What a read comes to, where everything that it takes is among the recent records. */
import type { ChannelPlace, Head, LogRecord, ReadRequest } from './log.js';
import { planRead, selectRecords } from './read-plan.js';
import type { RecentRecords } from './recent-records.js';

/** The channel's records that were asked for, without a gap; undefined: ask the storage. */
export function readRecent(
  recent: RecentRecords,
  request: ReadRequest,
): { readonly records: readonly LogRecord[]; readonly head: Head } | undefined {
  const held = recent.of(request.channel);
  if (held === undefined) return undefined;
  const { oldest } = held;
  const head = held.records.at(-1)!;
  const after = request.after ?? 0;
  if (after > head.offset) return undefined;
  // What is before the first record here is not known to be there, and not known to be gone.
  const plan = planRead(request, { head, oldest });
  const newestFirst = request.newestFirst === true;
  const records = selectRecords(held.records, held.start, plan, newestFirst);
  if (after + 1 < oldest) {
    if (!newestFirst || plan.last < oldest) return undefined;
    // The way back ended where memory does: there may be more, or a gap.
    if (records[0]!.offset === oldest) return undefined;
  }
  return { records, head };
}

/** What comes after these places, all of which the recent records reach; whether that is everything. */
export function mergeRecent(
  recent: RecentRecords,
  places: readonly ChannelPlace[],
  limit: number,
  maxBytes: number,
): { readonly records: readonly LogRecord[]; readonly whole: boolean } {
  const found = recent.merge(places, limit + 1);
  let count = 0;
  let bytes = 0;
  while (count < found.length && count < limit) {
    bytes += Buffer.byteLength(found[count]!.data);
    if (count > 0 && bytes > maxBytes) break;
    count++;
  }
  const whole = count === found.length;
  return { records: whole ? found : found.slice(0, count), whole };
}
