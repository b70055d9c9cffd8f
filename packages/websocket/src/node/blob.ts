/** Sending what a blob holds: it is read first, and what is sent after it waits behind it. */
import { WebSocketError } from '../protocol/errors.js';
import { FIN, OPCODE } from '../protocol/opcode.js';
import type { Outbox, SendCallback } from './outbox.js';

/** @param onFailure - called when the blob cannot be read */
export function sendBlob(
  outbox: Outbox,
  blob: Blob,
  compress: boolean,
  callback: SendCallback | undefined,
  onFailure: (error: Error) => void,
): void {
  const first = FIN | OPCODE.binary;
  const send = (bytes: Buffer, done: () => void): void => {
    if (outbox.ended) {
      const error = new WebSocketError(
        'WS_ERR_NOT_OPEN',
        'The socket was closed while the blob was being read',
      );
      callback?.(error);
      outbox.dropWaiting(error);
    } else if (compress && outbox.deflater?.wants(bytes.length)) {
      outbox.deflate(first, bytes, callback, done);
    } else {
      outbox.put(first, bytes, callback);
      done();
    }
  };
  outbox.later(blob.size, undefined, (done) => {
    blob.arrayBuffer().then(
      (content) => send(Buffer.from(content), done),
      (error: Error) => {
        callback?.(error);
        outbox.dropWaiting(error);
        onFailure(error);
      },
    );
  });
}
