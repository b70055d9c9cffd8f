/**
 * Keeps what is being read where it is. At the bottom the list stays at the bottom, whatever comes; away from it the
 * first visible row stays at its height, whatever is added or removed around it.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** How near the bottom counts as being there, in pixels. */
const NEAR = 32;
/** Below what is new, when the list opens there: a little of what was read before stays in sight. */
const ABOVE_NEW = 96;

type Place =
  | { readonly kind: 'bottom' }
  | { readonly kind: 'row'; readonly key: string; readonly top: number };

export interface KeptPlace {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly list: RefObject<HTMLOListElement | null>;
  readonly atBottom: boolean;
  /** The same, as it is at this moment and not when it was last drawn. */
  readonly isAtBottom: () => boolean;
  readonly onScroll: () => void;
  readonly toBottom: () => void;
  /** Puts the row near the top, and keeps it there. */
  readonly toRow: (key: string) => void;
}

/**
 * @param shown Changes whenever what is drawn does.
 * @param whole Whether the list's end is the newest there is: only then is its end a bottom to stay at.
 */
export function usePlace(shown: unknown, whole: boolean): KeptPlace {
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const place = useRef<Place>({ kind: 'bottom' });
  const [atBottom, setAtBottom] = useState(true);
  const ends = useRef(whole);
  useLayoutEffect(() => {
    ends.current = whole;
  }, [whole]);

  const restore = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const kept = place.current;
    if (kept.kind === 'bottom') {
      box.scrollTop = box.scrollHeight;
      return;
    }
    const row = findRow(list.current, kept.key);
    if (row) box.scrollTop += topIn(box, row) - kept.top;
  }, []);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const bottom = ends.current && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    const first = bottom ? undefined : firstVisible(box, list.current);
    place.current = first
      ? { kind: 'row', key: first.dataset.row!, top: topIn(box, first) }
      : { kind: 'bottom' };
    setAtBottom(bottom);
  }, []);

  const isAtBottom = useCallback(() => place.current.kind === 'bottom', []);

  const toBottom = useCallback(() => {
    place.current = { kind: 'bottom' };
    setAtBottom(true);
    restore();
  }, [restore]);

  const toRow = useCallback(
    (key: string) => {
      place.current = { kind: 'row', key, top: ABOVE_NEW };
      restore();
      onScroll();
    },
    [restore, onScroll],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs because what is shown has changed.
  useLayoutEffect(restore, [shown]);

  useEffect(() => {
    const observer = new ResizeObserver(restore);
    if (scroller.current) observer.observe(scroller.current);
    if (list.current) observer.observe(list.current);
    return () => observer.disconnect();
  }, [restore]);

  return { scroller, list, atBottom, isAtBottom, onScroll, toBottom, toRow };
}

function topIn(box: HTMLElement, row: HTMLElement): number {
  return row.getBoundingClientRect().top - box.getBoundingClientRect().top;
}

function findRow(list: HTMLElement | null, key: string): HTMLElement | undefined {
  for (const row of list?.children ?? []) {
    if (row instanceof HTMLElement && row.dataset.row === key) return row;
  }
  return undefined;
}

/** By halving: rows stand in order, and measuring each of hundreds at every movement would be felt. */
function firstVisible(box: HTMLElement, list: HTMLElement | null): HTMLElement | undefined {
  const rows = list?.children ?? [];
  const edge = box.getBoundingClientRect().top;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.getBoundingClientRect().bottom <= edge) low = middle + 1;
    else high = middle;
  }
  // A message stays where it is in the list; a day's line moves up when older messages of the day come before it.
  let steady: Element | undefined = rows[low];
  for (let at = low; at < rows.length; at++) {
    if (!(rows[at] as HTMLElement).dataset.state) continue;
    steady = rows[at];
    break;
  }
  return steady instanceof HTMLElement && steady.dataset.row !== undefined ? steady : undefined;
}
