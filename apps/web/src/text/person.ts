/** How a name is drawn where there is no picture: its initials, on a colour that is made from it. */
import { foldName } from '@fullduplex/wire';

/** How many tints `tokens.css` has. */
export const TINTS = 8;

/** One or two letters; a name without a break in it gives one. */
export function initials(name: string): string {
  const parts = name.split(/[_.-]+/u).filter((part) => part !== '');
  const first = firstLetter(parts[0] ?? name);
  const last = parts.length > 1 ? firstLetter(parts.at(-1)!) : '';
  // Two Chinese characters do not fit where two Latin letters do.
  return isWide(first) ? first : (first + last).toUpperCase();
}

/** The same for every spelling of a name, on every machine. */
export function tintOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const unit of foldName(name)) {
    hash ^= unit.codePointAt(0)!;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  // FNV's low bits alone follow the last letter too closely.
  return (((hash >>> 16) ^ hash) >>> 0) % TINTS;
}

function firstLetter(part: string): string {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(part)) return segment;
  return '';
}

function isWide(letter: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(letter);
}
