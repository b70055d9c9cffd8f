/**
 * Puts a timeline into the rows that are drawn: days apart, a sender's messages together, "new since you were here"
 * once, and what is still on its way at the end. Pure: the same input gives the same rows and the same keys.
 */
import type { PendingMessage } from '@fullduplex/client';
import type { Message } from './message.js';
import type { Notices } from './notices.js';
import type { Data, Entry, Lost } from './timeline.js';

/** Messages of one sender that are at most this far from the group's first stand under one name. */
export const GROUP_SPAN = 5 * 60_000;

/** Keys are unique among the rows and never change while a row is there, acknowledged or not. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly time: number }
  | { readonly kind: 'new'; readonly key: string }
  | { readonly kind: 'message'; readonly key: string; readonly message: Message; readonly first: boolean }
  | {
      readonly kind: 'pending';
      readonly key: string;
      readonly pending: PendingMessage;
      readonly first: boolean;
    }
  | { readonly kind: 'notices'; readonly key: string; readonly notices: Notices }
  | { readonly kind: 'data'; readonly key: string; readonly data: Data; readonly first: boolean }
  | { readonly kind: 'lost'; readonly key: string; readonly lost: Lost };

export interface RowsInput {
  readonly entries: readonly Entry[];
  /** Of this channel, in the order they were written. */
  readonly pending: readonly PendingMessage[];
  /** The reader's own name. */
  readonly me: string;
  /** Others' messages after this offset are new; `undefined` when nothing is to be marked. */
  readonly newAfter: number | undefined;
  /** Equal for times on the same day where the reader is. */
  readonly dayKey: (time: number) => string;
}

export function rowsOf({ entries, pending, me, newAfter, dayKey }: RowsInput): readonly Row[] {
  const rows: Row[] = [];
  const acknowledged = new Set<string>();
  let day: string | undefined;
  let group: { user: string; since: number } | undefined;
  let marked = newAfter === undefined;

  const separate = (time: number): void => {
    const key = dayKey(time);
    if (key === day) return;
    day = key;
    group = undefined;
    rows.push({ kind: 'day', key: `day ${key}`, time });
  };
  const joinGroup = (user: string, time: number): boolean => {
    if (group?.user === user && time - group.since <= GROUP_SPAN) return false;
    group = { user, since: time };
    return true;
  };

  for (const entry of entries) {
    separate(entry.time);
    if (!marked && entry.offset > newAfter! && isFromOthers(entry, me)) {
      marked = true;
      group = undefined;
      rows.push({ kind: 'new', key: 'new' });
    }
    switch (entry.kind) {
      case 'message': {
        const own = entry.user === me && entry.key !== undefined;
        if (own) acknowledged.add(entry.key!);
        const key = own ? `mine ${entry.key}` : `at ${entry.offset}`;
        rows.push({ kind: 'message', key, message: entry, first: joinGroup(entry.user, entry.time) });
        break;
      }
      case 'data':
        rows.push({
          kind: 'data',
          key: `at ${entry.offset}`,
          data: entry,
          first: joinGroup(entry.user, entry.time),
        });
        break;
      case 'notices':
        group = undefined;
        rows.push({ kind: 'notices', key: `at ${entry.offset}`, notices: entry });
        break;
      case 'lost':
        group = undefined;
        rows.push({ kind: 'lost', key: `lost ${entry.offset}`, lost: entry });
        break;
    }
  }

  for (const message of pending) {
    if (message.status === 'discarded' || acknowledged.has(message.key)) continue;
    separate(message.time);
    rows.push({
      kind: 'pending',
      key: `mine ${message.key}`,
      pending: message,
      first: joinGroup(me, message.time),
    });
  }
  return rows;
}

function isFromOthers(entry: Entry, me: string): boolean {
  return (entry.kind === 'message' || entry.kind === 'data') && entry.user !== me;
}
