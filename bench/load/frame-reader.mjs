/** Reads whole unmasked frames out of chunks; for the parts of a conversation that are not on the clock. */
export class FrameReader {
  /** @type {Buffer} */
  #held = Buffer.alloc(0);

  /**
   * @param {Buffer} buffer
   * @param {number} length
   * @returns {string[]} the payloads that are whole now, as text
   */
  push(buffer, length) {
    const chunk = buffer.subarray(0, length);
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    const payloads = [];
    for (;;) {
      const all = this.#held;
      const short = /** @type {number} */ (all[1]) & 127;
      const start = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (all.length < start) return payloads;
      const size =
        short === 127 ? Number(all.readBigUInt64BE(2)) : short === 126 ? all.readUInt16BE(2) : short;
      if (all.length < start + size) return payloads;
      payloads.push(all.toString('utf8', start, start + size));
      this.#held = all.subarray(start + size);
    }
  }
}
