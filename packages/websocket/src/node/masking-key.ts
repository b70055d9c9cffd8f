/** Masking keys for a client's frames: strong random numbers, taken from the system a block at a time (RFC 6455, 5.3). */
import { randomFillSync } from 'node:crypto';

const keys = new Uint32Array(2048);
let next = keys.length;

/** A fresh key, as an unsigned 32-bit number. */
export function randomMaskingKey(): number {
  if (next === keys.length) {
    randomFillSync(keys);
    next = 0;
  }
  return keys[next++]!;
}
