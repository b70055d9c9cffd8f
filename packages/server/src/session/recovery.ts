/** Where a subscription begins, and what of the past comes with its answer. */
import type { Gap } from '@fullduplex/wire';
import type { Feed } from '../delivery/feed.js';
import { publicationJson } from '../delivery/format.js';
import type { LogRecord } from '../log/channel-log.js';

/** What a client asks for. */
export type Wanted =
  /** From the head on. */
  | 'now'
  /** After the offset, which the server chose: nothing to recover. */
  | { readonly from: number }
  /** After the position the client has; without an epoch it takes any. */
  | { readonly after: number; readonly epoch?: string | undefined };

export interface Recovery {
  /** The position behind the answer: pushes go on from here. */
  readonly offset: number;
  readonly asked: boolean;
  readonly recovered: boolean;
  readonly publications: readonly LogRecord[];
  /** Nothing is left to be pushed of what there was when it was asked for. */
  readonly complete: boolean;
  readonly gap?: Gap;
}

export interface RecoveryBounds {
  readonly bytes: number;
  readonly publications: number;
}

/**
 * As much of what was missed as the bounds allow, be it nothing; the rest is pushed. At a gap nothing is given, and reading goes on
 * at the head: clients of the protocol load anew then.
 */
export function recover(feed: Feed, wanted: Wanted, bounds: RecoveryBounds): Recovery | Promise<Recovery> {
  if (wanted === 'now') return at(feed, feed.offset, false);
  if ('from' in wanted) return at(feed, wanted.from, false);
  const { after, epoch } = wanted;
  if ((epoch !== undefined && epoch !== '' && epoch !== feed.epoch) || after > feed.offset) {
    return lost(feed, {
      channel: feed.channel,
      reason: 'epoch',
      epoch: feed.epoch,
      from: 1,
      to: 0,
      oldest: 1,
      head: feed.offset,
    });
  }
  if (after === feed.offset || bounds.bytes <= 0 || bounds.publications <= 0) return at(feed, after, true);
  return read(feed, after, bounds);
}

async function read(feed: Feed, after: number, bounds: RecoveryBounds): Promise<Recovery> {
  const { records, gap } = await feed.read(after, bounds.bytes, bounds.publications);
  if (gap !== undefined) return lost(feed, gap);
  return { ...at(feed, records.at(-1)?.offset ?? after, true), publications: records };
}

function at(feed: Feed, offset: number, asked: boolean): Recovery {
  return { offset, asked, recovered: asked, publications: [], complete: offset === feed.offset };
}

function lost(feed: Feed, gap: Gap): Recovery {
  return { ...at(feed, feed.offset, true), recovered: false, gap };
}

/** `SubscribeResult` as JSON, with the publications as the log holds them. */
export function subscribeResultJson(epoch: string, recovery: Recovery): string {
  let json = `{"recoverable":true,"positioned":true,"epoch":${JSON.stringify(epoch)},"offset":${recovery.offset}`;
  if (recovery.asked) json += `,"was_recovering":true,"recovered":${recovery.recovered}`;
  if (recovery.publications.length > 0) {
    json += `,"publications":[${recovery.publications.map(publicationJson).join(',')}]`;
  }
  if (recovery.gap !== undefined) json += `,"gap":${JSON.stringify(recovery.gap)}`;
  return `${json}}`;
}
