/** Compares masked frames of a client, each by a key of its own, with the one message that they must hold. */
import { clientFrame } from './frames.mjs';

const wrong = (/** @type {string} */ what) => {
  console.error(`a client sent ${what}`);
  process.exit(1);
};

/** Payloads of less are compared by bytes. */
const BY_WORDS = 256;

export class Unmasked {
  /** The frame as it is with a key of zeros. */
  #plain;
  #keyAt;
  #payload;
  /** What has come of a frame that came in pieces. */
  #held;
  #length = 0;
  #words;
  /** The words of the buffer that was looked at last. @type {Int32Array} */
  #seen = new Int32Array(0);

  /**
   * @param {number} opcode
   * @param {Buffer} payload of a length that is divisible by four
   */
  constructor(opcode, payload) {
    if (payload.length % 4 !== 0) throw new Error('payloads are compared by words of four bytes');
    this.#payload = Buffer.from(payload);
    this.#plain = clientFrame(opcode, payload, { mask: Buffer.alloc(4) });
    this.#keyAt = this.#plain.length - payload.length - 4;
    this.#held = Buffer.from(new ArrayBuffer(this.#plain.length));
    const words = new ArrayBuffer(payload.length);
    Buffer.from(words).set(payload);
    this.#words = new Int32Array(words);
  }

  /**
   * @param {Buffer} buffer
   * @param {number} length
   * @returns {number} how many frames became whole
   */
  check(buffer, length) {
    const size = this.#plain.length;
    if (this.#length === 0 && length === size) {
      this.#compare(buffer);
      return 1;
    }
    let whole = 0;
    for (let at = 0; at < length; ) {
      const piece = Math.min(length - at, size - this.#length);
      buffer.copy(this.#held, this.#length, at, at + piece);
      this.#length += piece;
      at += piece;
      if (this.#length < size) return whole;
      this.#length = 0;
      this.#compare(this.#held);
      whole++;
    }
    return whole;
  }

  #compare(/** @type {Buffer} */ frame) {
    for (let i = 0; i < this.#keyAt; i++) if (frame[i] !== this.#plain[i]) wrong('another header');
    const from = this.#keyAt + 4;
    let difference = 0;
    if (this.#payload.length < BY_WORDS || (frame.byteOffset + from) % 4 !== 0) {
      for (let i = 0; i < this.#payload.length; i++) {
        const key = /** @type {number} */ (frame[this.#keyAt + (i & 3)]);
        difference |=
          /** @type {number} */ (frame[from + i]) ^ key ^ /** @type {number} */ (this.#payload[i]);
      }
    } else {
      if (this.#seen.buffer !== frame.buffer) this.#seen = new Int32Array(frame.buffer);
      const key = frame.readInt32LE(this.#keyAt);
      const first = (frame.byteOffset + from) / 4;
      const words = this.#words;
      const seen = this.#seen;
      for (let i = 0; i < words.length; i++)
        difference |= /** @type {number} */ (seen[first + i]) ^ key ^ /** @type {number} */ (words[i]);
    }
    if (difference !== 0) wrong('another payload');
  }
}
