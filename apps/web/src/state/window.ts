/**
 * Which part of a long timeline is drawn. At the bottom it follows the newest entries; away from it what is being read
 * stays, and the part grows at whichever end the reader comes near, up to a bound.
 */
import type { Entry } from './timeline.js';

/** Entries drawn while following the newest. */
export const FOLLOWED = 150;
/** The most entries ever drawn. */
export const MOST_DRAWN = 400;
const STEP = 100;

/** Offsets of the first and the last entry that are drawn; `undefined` where it follows the newest. */
export interface Span {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

export const NEWEST: Span = { first: undefined, last: undefined };

/** Indices into the entries, `end` excluded. */
export function drawn(
  entries: readonly Entry[],
  span: Span,
): { readonly start: number; readonly end: number } {
  let end = span.last === undefined ? entries.length : after(entries, span.last);
  let start = span.first === undefined ? Math.max(0, end - FOLLOWED) : after(entries, span.first - 1);
  if (end - start > MOST_DRAWN) {
    // More came than may be drawn: what is being read stays, what is beyond it waits.
    if (span.first === undefined) start = end - MOST_DRAWN;
    else end = start + MOST_DRAWN;
  }
  return { start, end };
}

/** The reader left the bottom: what is drawn now stays drawn. */
export function hold(entries: readonly Entry[], span: Span): Span {
  if (span.first !== undefined) return span;
  const { start } = drawn(entries, span);
  const first = entries[start];
  return first ? { first: first.offset, last: span.last } : span;
}

/** Draws more of what is before; gives up as much at the other end when it is too much. */
export function earlier(entries: readonly Entry[], span: Span): Span {
  const { start, end } = drawn(entries, span);
  if (start === 0) return span;
  const nextStart = Math.max(0, start - STEP);
  const nextEnd = Math.min(end, nextStart + MOST_DRAWN);
  return {
    first: entries[nextStart]!.offset,
    last: nextEnd === entries.length ? undefined : entries[nextEnd - 1]!.offset,
  };
}

/** Draws more of what comes after. */
export function later(entries: readonly Entry[], span: Span): Span {
  const { start, end } = drawn(entries, span);
  if (end === entries.length) return span.last === undefined ? span : { first: span.first, last: undefined };
  const nextEnd = Math.min(entries.length, end + STEP);
  const nextStart = Math.max(start, nextEnd - MOST_DRAWN);
  return {
    first: entries[nextStart]!.offset,
    last: nextEnd === entries.length ? undefined : entries[nextEnd - 1]!.offset,
  };
}

/** The index of the first entry after the offset. */
function after(entries: readonly Entry[], offset: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
