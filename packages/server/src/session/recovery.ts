/** Where a subscription begins, and what of the past comes with its answer. */
import type { Gap } from '@fullduplex/wire';
import type { Feed } from '../delivery/feed.js';
import { publicationJson } from '../delivery/format.js';
import type { Hub } from '../delivery/hub.js';
import type { LogRecord } from '../log/log.js';

/** What a client asks for. */
export type Wanted =
  /** From the head on. */
  | 'now'
  /** After the position the client has; without an epoch it takes any. */
  | { readonly after: number; readonly epoch?: string | undefined };

export interface Recovery {
  /** The position behind the answer: pushes go on from here. */
  readonly offset: number;
  readonly asked: boolean;
  readonly recovered: boolean;
  readonly publications: readonly LogRecord[];
  readonly gap?: Gap;
}

export interface RecoveryBounds {
  readonly bytes: number;
  readonly publications: number;
}

/**
 * As much of what was missed as the bounds allow, be it nothing; the rest is pushed. At a gap nothing is given, and
 * reading goes on at the head: clients of the protocol load anew then.
 *
 * @param feed open: where the channel ends is known
 */
export async function recover(
  hub: Hub,
  feed: Feed,
  wanted: Wanted,
  bounds: RecoveryBounds,
): Promise<Recovery> {
  if (wanted === 'now') return at(feed.offset, false);
  const { after } = wanted;
  const epoch = wanted.epoch === '' ? undefined : wanted.epoch;
  const isSame = epoch === undefined || epoch === hub.epoch;
  if (isSame && after === feed.offset) return at(after, true);
  const full = bounds.bytes <= 0 || bounds.publications <= 0;
  const { records, gap } = await hub.log.read({
    channel: feed.channel,
    after,
    ...(epoch === undefined ? {} : { epoch }),
    limit: full ? 1 : Math.min(bounds.publications, 10_000),
    maxBytes: full ? 1 : bounds.bytes,
  });
  if (gap !== undefined) return { ...at(feed.offset, true), recovered: false, gap };
  const publications = full ? [] : records;
  return { ...at(publications.at(-1)?.offset ?? after, true), publications };
}

function at(offset: number, asked: boolean): Recovery {
  return { offset, asked, recovered: asked, publications: [] };
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

/** The same, of a channel that goes on after the offset and has nothing to be recovered. */
export function beginsJson(epoch: string, offset: number): string {
  return subscribeResultJson(epoch, at(offset, false));
}

/** The same, of a channel of which something is missing. */
export function missedJson(gap: Gap): string {
  return subscribeResultJson(gap.epoch, { ...at(gap.to, true), recovered: false, gap });
}
