/** The load's client on the sockets of Bun, for a load that Bun runs. */

/** Bytes to be written when there is room again. */
class Unwritten {
  /** @type {Buffer[]} */
  #pieces = [];

  get isEmpty() {
    return this.#pieces.length === 0;
  }

  add(/** @type {Buffer} */ data) {
    this.#pieces.push(data);
  }

  /** @param {(data: Buffer) => number} write says how much of it was taken */
  flush(write) {
    let first = this.#pieces[0];
    while (first !== undefined) {
      const written = Math.max(0, write(first));
      if (written < first.length) {
        this.#pieces[0] = first.subarray(written);
        return;
      }
      this.#pieces.shift();
      first = this.#pieces[0];
    }
  }
}

/**
 * @param {number} port
 * @param {import('./socket.mjs').Handlers} handlers
 * @param {boolean} [secure]
 * @returns {import('./socket.mjs').BareSocket}
 */
export const openBunSocket = (port, handlers, secure = false) => {
  const bun = /** @type {any} */ (globalThis).Bun;
  const unwritten = new Unwritten();
  /** @type {any} */
  let socket;
  let isDestroyed = false;
  /** @type {Error | undefined} */
  let failure;
  const open = (/** @type {any} */ opened) => {
    if (isDestroyed) return;
    socket = opened;
    handlers.onOpen();
  };
  const begun = bun.connect({
    port,
    hostname: '127.0.0.1',
    ...(secure ? { tls: { rejectUnauthorized: false } } : {}),
    socket: {
      binaryType: 'buffer',
      open: secure ? () => {} : open,
      handshake: open,
      data: (/** @type {unknown} */ _, /** @type {Buffer} */ chunk) => handlers.onData(chunk, chunk.length),
      drain: () => unwritten.flush((data) => socket.write(data)),
      error: (/** @type {unknown} */ _, /** @type {Error} */ error) => {
        failure = error;
      },
      close: () => handlers.onClose(failure),
    },
  });
  begun.then(
    (/** @type {any} */ opened) => isDestroyed && opened.terminate(),
    (/** @type {Error} */ error) => handlers.onClose(error),
  );
  return {
    write: (data) => {
      if (isDestroyed) return;
      const written = unwritten.isEmpty ? Math.max(0, socket.write(data)) : 0;
      if (written < data.length) unwritten.add(data.subarray(written));
    },
    destroy: () => {
      isDestroyed = true;
      socket?.terminate();
    },
  };
};
