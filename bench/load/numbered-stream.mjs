/** Messages that are numbered, and a reader of bytes that sees to it that none is lost, doubled or out of order. */

const MARK = Buffer.from('@#');
const DIGITS = 8;
const WHOLE = MARK.length + DIGITS;

/** The text of one message: a mark, its number, and what fills it up to its size. */
export const textOf = (/** @type {number} */ number, /** @type {number} */ size) =>
  `${MARK.toString()}${String(number).padStart(DIGITS, '0')}`.padEnd(size, 'x');

/** Finds the numbered messages in a stream of bytes, whatever the borders of the chunks. */
export class MarkedStream {
  /** @type {Buffer} */
  #tail = Buffer.alloc(0);

  /** Called with the number of each message, in the order in which they came. */
  onNumber = (/** @type {number} */ _number) => {};

  /** @param {Buffer} chunk */
  #scan(chunk, before = chunk.length) {
    let at = chunk.indexOf(MARK);
    while (at >= 0 && at < before && at + WHOLE <= chunk.length) {
      let number = 0;
      for (let i = at + MARK.length; i < at + WHOLE; i++)
        number = number * 10 + /** @type {number} */ (chunk[i]) - 48;
      this.onNumber(number);
      at = chunk.indexOf(MARK, at + WHOLE);
    }
  }

  /**
   * @param {Buffer} buffer
   * @param {number} length
   */
  push(buffer, length = buffer.length) {
    const chunk = buffer.subarray(0, length);
    if (this.#tail.length > 0) {
      // A message that began in the last chunk and ends in this one.
      const seam = Buffer.concat([this.#tail, chunk.subarray(0, WHOLE - 1)]);
      this.#scan(seam, this.#tail.length);
    }
    this.#scan(chunk);
    const all = length >= WHOLE - 1 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(all.subarray(Math.max(0, all.length - (WHOLE - 1))));
  }
}

/** Counts the numbered messages in a stream of bytes; each must have the number after the last one's. */
export class NumberedStream extends MarkedStream {
  next = 1;

  /** @override */
  onNumber = (/** @type {number} */ number) => {
    if (number !== this.next) {
      console.error(`message ${number} came where ${this.next} was due`);
      process.exit(1);
    }
    this.next++;
  };
}
