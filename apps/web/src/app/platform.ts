/** What differs by the machine the page runs on. */

export const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);

/** Only on an address that is secure, or on this machine. */
export const canCopy = 'clipboard' in navigator;

/** A finger on glass: the keyboard is not brought up unasked. */
export function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
