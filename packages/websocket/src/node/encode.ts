/** Frames written right into their place in a buffer that has room for them. */
import { headerLength, writeHeader } from '../protocol/frame-header.js';
import { applyMask } from '../protocol/mask.js';

/** The most bytes a frame with this text may take. */
export function textFrameBound(text: string, masked: boolean): number {
  const most = text.length * 3;
  return headerLength(most, masked) + most;
}

/**
 * Writes a frame at `at` and returns its end.
 *
 * @param first - FIN, the reserved bits and the opcode
 * @param key - the masking key; -1 for none
 */
export function encodeText(target: Buffer, at: number, first: number, text: string, key: number): number {
  // The header's length depends on the count of bytes, which is known once they are written: guess the shortest.
  const guess = at + headerLength(text.length, key >= 0);
  const length = target.write(text, guess, 'utf8');
  const begin = at + headerLength(length, key >= 0);
  if (begin !== guess) target.copyWithin(begin, guess, guess + length);
  writeHeader(target, at, first, length, key);
  if (key >= 0) applyMask(target, begin, begin + length, key);
  return begin + length;
}

/** The same for bytes, which are copied. */
export function encodeBinary(
  target: Buffer,
  at: number,
  first: number,
  payload: Uint8Array,
  key: number,
): number {
  const begin = writeHeader(target, at, first, payload.length, key);
  target.set(payload, begin);
  if (key >= 0) applyMask(target, begin, begin + payload.length, key);
  return begin + payload.length;
}
