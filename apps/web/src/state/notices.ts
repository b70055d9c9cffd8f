/** Who came and went: told together when it was in a row, so that a crowd at the door takes one line and not a page. */

export interface Notice {
  readonly what: 'joined' | 'left';
  readonly user: string;
  /** Who added them, where it was not themselves. */
  readonly by: string | undefined;
}

export interface Notices {
  readonly kind: 'notices';
  /** The first one's. */
  readonly offset: number;
  /** The last one's offset. */
  readonly last: number;
  /** The first one's. */
  readonly time: number;
  readonly all: readonly Notice[];
}

/** From the first to the last of a line, in milliseconds. */
const SPAN = 60 * 60_000;
const MOST = 500;

/** Both as one line, where they may be. */
export function together(earlier: Notices, later: Notices): Notices | undefined {
  if (later.time - earlier.time > SPAN || earlier.all.length + later.all.length > MOST) return undefined;
  return { ...earlier, last: later.last, all: [...earlier.all, ...later.all] };
}
