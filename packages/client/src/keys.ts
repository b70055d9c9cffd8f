/** Random ids: 96 bits in 16 URL-safe characters, enough never to meet. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const LENGTH = 16;

/** @param random gives numbers from 0 up to 1, for ids that come out the same in a test */
export function newIds(random?: () => number): () => string {
  return () => {
    const bytes = random
      ? Uint8Array.from({ length: LENGTH }, () => Math.floor(random() * 256))
      : crypto.getRandomValues(new Uint8Array(LENGTH));
    return Array.from(bytes, (byte) => ALPHABET[byte & 63]).join('');
  };
}
