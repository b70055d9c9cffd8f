/** The keys that begin with a prefix, as a range in the order of UTF-8 bytes: what an index can give without a search. */

export interface KeyRange {
  /** The least key. */
  readonly from: string;
  /** The least key behind them; undefined where nothing is. */
  readonly end: string | undefined;
}

/** @param after only keys behind this one */
export function prefixRange(prefix: string, after: string | undefined): KeyRange {
  // No text has U+0000 in it: this is the least behind it.
  const next = after === undefined ? '' : `${after}\u0001`;
  const from = Buffer.compare(Buffer.from(prefix), Buffer.from(next)) >= 0 ? prefix : next;
  return { from, end: endOf(prefix) };
}

function endOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10_ff_ff) continue;
    // Half of a surrogate pair is no character.
    const next = last === 0xd7_ff ? 0xe0_00 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}
