/** Saying and hearing texts over one connection of the load, for the parts that are not on the clock. */
import { FrameReader } from './frame-reader.mjs';
import { clientFrame, TEXT } from './frames.mjs';

const noMask = Buffer.alloc(4);

/** A text as a client must frame it; a mask of zeros costs the load nothing. */
export const textFrame = (/** @type {string} */ text) =>
  clientFrame(TEXT, Buffer.from(text), { mask: noMask });

/**
 * @param {import('./connection.mjs').LoadConnection} connection
 * @param {(buffer: Buffer, length: number) => void} [look] sees every byte that comes
 */
export const conversation = (connection, look) => {
  const reader = new FrameReader();
  /** @type {Set<(line: string) => void>} */
  const listeners = new Set();
  connection.onBytes = (buffer, length) => {
    look?.(buffer, length);
    for (const text of reader.push(buffer, length)) {
      for (const line of text.split('\n')) for (const listener of listeners) listener(line);
    }
  };
  return {
    say: (/** @type {string} */ text) => connection.write(textFrame(text)),
    listeners,
    /** The next line that is wanted. */
    hear: (/** @type {(line: string) => boolean} */ wanted) =>
      /** @type {Promise<string>} */ (
        new Promise((resolve) => {
          const listener = (/** @type {string} */ line) => {
            if (!wanted(line)) return;
            listeners.delete(listener);
            resolve(line);
          };
          listeners.add(listener);
        })
      ),
  };
};
