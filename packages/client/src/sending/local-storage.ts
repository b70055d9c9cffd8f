/** The outbox in a browser's `localStorage`: one item a message, so that two tabs do not overwrite each other's. */
import type { OutboxStorage, StoredMessage } from '../types.js';

/** The part of the platform's `Storage` that is used. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/**
 * Keeps what waits to be sent over a reload. Several tabs of one user may share it: each sends what it finds, and the
 * server holds it once by its key.
 *
 * @param user whose messages they are: nobody else signed in here will send them
 *
 * @example
 * connect({ token, storage: localStorageOutbox('alice') });
 */
export function localStorageOutbox(user: string, storage: WebStorage = localStorage): OutboxStorage {
  const prefix = `fullduplex.outbox:${user}:`;
  return {
    load() {
      const messages: StoredMessage[] = [];
      for (let index = 0; index < storage.length; index += 1) {
        const name = storage.key(index);
        const message = name?.startsWith(prefix) ? parse(storage.getItem(name)) : undefined;
        if (message) messages.push(message);
      }
      return messages.sort((a, b) => a.time - b.time);
    },
    put: (message) => storage.setItem(prefix + message.key, JSON.stringify(message)),
    remove: (key) => storage.removeItem(prefix + key),
  };
}

/** Anything on the page may have written there. */
function parse(text: string | null): StoredMessage | undefined {
  try {
    const message = JSON.parse(text ?? '') as Partial<StoredMessage>;
    const fits =
      typeof message.key === 'string' &&
      typeof message.channel === 'string' &&
      typeof message.text === 'string' &&
      typeof message.time === 'number';
    return fits ? (message as StoredMessage) : undefined;
  } catch {
    return undefined;
  }
}
