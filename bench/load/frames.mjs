/** Frames built once, before the clock runs. The one place of the benchmark that knows the bit layout. */

export const TEXT = 1;
export const BINARY = 2;

/**
 * @param {number} first  first byte of the header
 * @param {number} length of the payload, below 2^32
 * @param {number} masked 0x80 or 0
 */
const header = (first, length, masked) => {
  if (length < 126) return Buffer.from([first, masked | length]);
  if (length < 65_536) return Buffer.from([first, masked | 126, length >> 8, length & 255]);
  const bytes = Buffer.alloc(10);
  bytes[0] = first;
  bytes[1] = masked | 127;
  bytes.writeUInt32BE(length, 6);
  return bytes;
};

/**
 * A frame as a client must send it.
 * @param {number} opcode
 * @param {Buffer} payload already deflated when `compressed`
 * @param {{ mask: Buffer, compressed?: boolean }} options
 */
export const clientFrame = (opcode, payload, { mask, compressed = false }) => {
  const body = Buffer.from(payload);
  for (let i = 0; i < body.length; i++)
    body[i] = /** @type {number} */ (body[i]) ^ /** @type {number} */ (mask[i & 3]);
  return Buffer.concat([header(0x80 | (compressed ? 0x40 : 0) | opcode, payload.length, 0x80), mask, body]);
};

/**
 * The same message as a server must send it.
 * @param {number} opcode
 * @param {Buffer} payload
 */
export const serverFrame = (opcode, payload) =>
  Buffer.concat([header(0x80 | opcode, payload.length, 0), payload]);

/** Bytes that look random and are the same in every run. */
export const bytes = (/** @type {number} */ length, seed = 1) => {
  const out = Buffer.allocUnsafe(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state & 255;
  }
  return out;
};
