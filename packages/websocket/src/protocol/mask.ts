/**
 * Masking (RFC 6455, section 5.3): XOR with a key of four bytes, a word at a time. A key is a 32-bit integer whose
 * lowest byte is the key's first byte on the wire.
 */

/** Below this many bytes a view for words costs more than it saves. */
const WORDWISE = 48;
/** From this many bytes on, words of 64 bits are the faster ones. */
const LONGWISE = 1024;

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The key as it applies `count` bytes further on. */
export function rotateKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

function maskBytes(bytes: Uint8Array, start: number, end: number, key: number): void {
  let rotating = key;
  for (let at = start; at < end; at++) {
    bytes[at]! ^= rotating & 0xff;
    rotating = (rotating >>> 8) | (rotating << 24);
  }
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Eight words a round: the loop's own work is half of the time otherwise. */
function xorWords(words: Int32Array, count: number, word: number): void {
  const rounds = count & ~7;
  let at = 0;
  for (; at < rounds; at += 8) {
    words[at] = words[at]! ^ word;
    words[at + 1] = words[at + 1]! ^ word;
    words[at + 2] = words[at + 2]! ^ word;
    words[at + 3] = words[at + 3]! ^ word;
    words[at + 4] = words[at + 4]! ^ word;
    words[at + 5] = words[at + 5]! ^ word;
    words[at + 6] = words[at + 6]! ^ word;
    words[at + 7] = words[at + 7]! ^ word;
  }
  for (; at < count; at++) words[at] = words[at]! ^ word;
}

/** Twice as wide: the optimizing compiler keeps these integers in registers. Needs a count that is a multiple of 4. */
function xorLongs(longs: BigInt64Array, count: number, long: bigint): void {
  for (let at = 0; at < count; at += 4) {
    longs[at] = BigInt.asIntN(64, longs[at]! ^ long);
    longs[at + 1] = BigInt.asIntN(64, longs[at + 1]! ^ long);
    longs[at + 2] = BigInt.asIntN(64, longs[at + 2]! ^ long);
    longs[at + 3] = BigInt.asIntN(64, longs[at + 3]! ^ long);
  }
}

/**
 * Masks or unmasks `bytes` from `start` to `end` in place. The key's first byte applies to `bytes[start]`.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number): void {
  if (end - start < WORDWISE) {
    maskBytes(bytes, start, end, key);
    return;
  }
  const unaligned = -(bytes.byteOffset + start) & 7;
  let at = start + unaligned;
  maskBytes(bytes, start, at, key);
  const rotated = rotateKey(key, unaligned);
  const word = LITTLE_ENDIAN ? rotated : swapBytes(rotated);

  if (end - at >= LONGWISE) {
    const count = ((end - at) >>> 3) & ~3;
    const half = BigInt(word >>> 0);
    xorLongs(
      new BigInt64Array(bytes.buffer, bytes.byteOffset + at, count),
      count,
      BigInt.asIntN(64, (half << 32n) | half),
    );
    at += count << 3;
  }
  const count = (end - at) >>> 2;
  if (count > 0) xorWords(new Int32Array(bytes.buffer, bytes.byteOffset + at, count), count, word);
  maskBytes(bytes, at + (count << 2), end, rotated);
}
