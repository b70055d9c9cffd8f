/**
 * Compares a stream of bytes with a message that repeats in it, whatever the borders of the chunks.
 * Every byte that comes back under load is compared; a difference ends the measurement.
 */
const wrong = (/** @type {number} */ at) => {
  console.error(`what came back differs from what was sent, at byte ${at} of the message`);
  process.exit(1);
};

export class Expected {
  /** @param {Buffer} message as it must come back, header included */
  constructor(message) {
    this.size = message.length;
    // Small messages are laid out in a row, so that a chunk of many needs one comparison.
    const copies = Math.max(1, Math.ceil(131_072 / this.size));
    this.row = Buffer.concat(Array.from({ length: copies }, () => message));
  }

  /**
   * @param {number} at     position in the message where the chunk begins
   * @param {Buffer} buffer
   * @param {number} length
   * @returns {number} the position where the next chunk begins
   */
  check(at, buffer, length) {
    let done = 0;
    let position = at;
    while (done < length) {
      const piece = Math.min(length - done, this.row.length - position);
      if (buffer.compare(this.row, position, position + piece, done, done + piece) !== 0)
        wrong(position % this.size);
      done += piece;
      position = (position + piece) % this.size;
    }
    return position;
  }
}
