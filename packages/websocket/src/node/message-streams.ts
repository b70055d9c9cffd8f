/**
 * Large messages in pieces: one that is sent as it becomes ready, and one that is read as it comes. The whole of it is
 * never held.
 */
import { Readable } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import { FIN, OPCODE } from '../protocol/opcode.js';
import type { Outbox } from './outbox.js';
import { bytesOrText } from './payload.js';

/** Pieces of a message: a stream, a generator, or an array. */
export type MessageSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/**
 * Sends one message, a fragment for each piece. The next piece is asked for when the operating system has taken the one
 * before; other messages wait until this one is over, pings and pongs go between.
 *
 * @param onFailure - called when the source fails: a message that has begun cannot be taken back
 */
export function sendPieces(
  outbox: Outbox,
  source: MessageSource,
  isBinary: boolean,
  onFailure: (error: Error) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    outbox.later(
      0,
      (error) => error && reject(error),
      (done) => {
        writePieces(outbox, source, isBinary).then(
          () => {
            resolve();
            done();
          },
          (error: Error) => {
            reject(error);
            done();
            onFailure(error);
          },
        );
      },
    );
  });
}

async function writePieces(outbox: Outbox, source: MessageSource, isBinary: boolean): Promise<void> {
  let opcode: number = isBinary ? OPCODE.binary : OPCODE.text;
  for await (const piece of source) {
    await written(outbox, opcode, bytesOrText(piece));
    opcode = OPCODE.continuation;
  }
  await written(outbox, FIN | opcode, Buffer.alloc(0));
}

function written(outbox: Outbox, first: number, payload: string | Uint8Array): Promise<void> {
  if (outbox.ended) {
    return Promise.reject(
      new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before all was sent'),
    );
  }
  return new Promise((resolve, reject) => {
    outbox.put(first, payload, (error) => (error ? reject(error) : resolve()));
  });
}

/** A message that is read while it comes. Leaving it unread stops the connection; destroying it skips the rest. */
export class IncomingMessageStream extends Readable {
  readonly isBinary: boolean;
  private readonly onFull: (full: boolean) => void;

  /** @param onFull - called when no more should be read from the connection, and when it may be again */
  constructor(isBinary: boolean, onFull: (full: boolean) => void) {
    super();
    this.isBinary = isBinary;
    this.onFull = onFull;
  }

  /** More of the message. */
  piece(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.destroyed && !this.push(bytes)) this.onFull(true);
  }

  override _read(): void {
    this.onFull(false);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.onFull(false);
    callback(error);
  }
}
