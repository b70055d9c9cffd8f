/** One message out of a stream or a generator, a fragment for each piece, sent as it becomes ready. */
import { WebSocketError } from '../protocol/errors.js';
import { OutgoingMessage } from '../protocol/outgoing-message.js';
import { bytesOrText } from './payload.js';
import type { SendQueue } from './send-queue.js';

/** Pieces of a message: a stream, a generator, or an array. */
export type MessageSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

const EMPTY = Buffer.alloc(0);

/**
 * Sends the message in its turn. The next piece is asked for when the operating system has taken the one before; other
 * messages wait until this one is over, pings and pongs go between.
 */
export function sendPieces(queue: SendQueue, source: MessageSource, isBinary: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const told = (error?: Error | null): void => {
      if (error) reject(error);
    };
    queue.later(0, told, (done) => {
      writePieces(queue, source, isBinary).then(
        () => {
          resolve();
          done();
        },
        (error: Error) => {
          reject(error);
          // A message that has begun cannot be taken back.
          done(error);
        },
      );
    });
  });
}

async function writePieces(queue: SendQueue, source: MessageSource, isBinary: boolean): Promise<void> {
  const message = new OutgoingMessage(isBinary);
  for await (const piece of source) await written(queue, message, bytesOrText(piece), false);
  await written(queue, message, EMPTY, true);
}

function written(
  queue: SendQueue,
  message: OutgoingMessage,
  piece: string | Uint8Array,
  last: boolean,
): Promise<void> {
  if (queue.ended) {
    return Promise.reject(
      new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before all was sent'),
    );
  }
  return new Promise((resolve, reject) => {
    const fragment = message.whole(piece, last);
    queue.put(message.next(last), fragment, (error) => (error ? reject(error) : resolve()));
  });
}
