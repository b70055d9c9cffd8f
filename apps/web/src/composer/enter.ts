/** What Enter means while one writes. Pure, because getting it wrong sends half a Chinese word. */

export interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  /** An input method composes. */
  readonly isComposing: boolean;
  /** 229 while an input method has the key, in browsers that end the composition before they tell of the key. */
  readonly keyCode: number;
}

/** @param before what stands before the cursor: within a block of code that is still open, Enter breaks the line */
export function sends(press: Press, before = ''): boolean {
  if (press.key !== 'Enter' || press.isComposing || press.keyCode === 229) return false;
  if (before.split('```').length % 2 === 0) return false;
  return !press.shiftKey && !press.altKey && !press.ctrlKey && !press.metaKey;
}
