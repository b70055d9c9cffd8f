/**
 * The layout of a frame's header (RFC 6455, section 5.2): two bytes, a longer length where it needs one, the masking
 * key where there is one. This is the only place that knows it.
 */
import { MASK } from './opcode.js';

/** Two bytes, eight of length, four of key. */
export const MAX_HEADER_BYTES = 14;

/** Bytes of a header for a payload of this length. */
export function headerLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65536 ? 4 : 10) + (masked ? 4 : 0);
}

/** Bytes of the whole header, told from its second byte. */
export function headerLengthOf(second: number): number {
  const length = second & 0x7f;
  return (length < 126 ? 2 : length === 126 ? 4 : 10) + ((second & MASK) === 0 ? 0 : 4);
}

/**
 * The payload length of the header that begins at `at`; -1 when it is beyond what a number holds exactly
 * (2^53 - 1), which includes the lengths whose top bit is set, as 5.2 forbids.
 */
export function readPayloadLength(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return short;
  if (short === 126) return (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const high = readUint32(bytes, at + 2);
  if (high > 0x1f_ffff) return -1;
  return high * 0x1_0000_0000 + readUint32(bytes, at + 6);
}

/** The masking key that stands in the four bytes at `at`. */
export function readKey(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

/**
 * Writes a header at `at` and returns where the payload begins.
 *
 * @param first - FIN, the reserved bits and the opcode
 * @param key - the masking key; -1 for none. Keys are unsigned here, so that -1 is none of them.
 */
export function writeHeader(
  target: Uint8Array,
  at: number,
  first: number,
  length: number,
  key: number,
): number {
  const mask = key < 0 ? 0 : MASK;
  let next = at;
  target[next++] = first;
  if (length < 126) {
    target[next++] = mask | length;
  } else if (length < 65536) {
    target[next++] = mask | 126;
    target[next++] = length >>> 8;
    target[next++] = length & 0xff;
  } else {
    target[next++] = mask | 127;
    next = writeUint32(target, next, Math.floor(length / 0x1_0000_0000));
    next = writeUint32(target, next, length % 0x1_0000_0000);
  }
  if (key >= 0) {
    target[next++] = key & 0xff;
    target[next++] = (key >>> 8) & 0xff;
    target[next++] = (key >>> 16) & 0xff;
    target[next++] = key >>> 24;
  }
  return next;
}

function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = (value >>> 16) & 0xff;
  target[at + 2] = (value >>> 8) & 0xff;
  target[at + 3] = value & 0xff;
  return at + 4;
}
