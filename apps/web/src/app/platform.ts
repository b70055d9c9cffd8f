/** What differs by the machine the page runs on. */

export const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);

/** A finger on glass: the keyboard is not brought up unasked. */
export function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

export function isNarrow(): boolean {
  return matchMedia('(max-width: 899.98px)').matches;
}
