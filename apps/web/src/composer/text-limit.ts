/** How long a message may be, so that it is said before it is sent. Servers count bytes; people count characters. */

/** What servers take unless they are told otherwise, in bytes of UTF-8. */
export const MOST_BYTES = 64 * 1024;

const encoder = new TextEncoder();

/** How many characters are too many; 0 where it may be sent. */
export function charactersOver(text: string, most: number = MOST_BYTES): number {
  // No character takes more than three bytes for each of its units: most texts need no counting.
  if (text.length * 3 <= most) return 0;
  let over = encoder.encode(text).length - most;
  let characters = 0;
  for (let at = text.length; over > 0 && at > 0; characters++) {
    const pair = at > 1 && /[\uDC00-\uDFFF]/.test(text[at - 1]!) && /[\uD800-\uDBFF]/.test(text[at - 2]!);
    const size = pair ? 2 : 1;
    over -= encoder.encode(text.slice(at - size, at)).length;
    at -= size;
  }
  return characters;
}
