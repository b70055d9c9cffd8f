/** Sending what a blob holds: it is read first, and what is sent after it waits behind it. */
import { FIN } from '../protocol/opcode.js';
import type { SendCallback, SendOptions } from './sending-socket.js';
import type { StreamConnection } from './stream-connection.js';

/** Takes the blob's place among what is sent, as a message or as a fragment, and puts it there once it was read. */
export function sendBlob(
  { protocol, queue }: StreamConnection,
  blob: Blob,
  { binary = true, compress, fin = true }: SendOptions,
  written: SendCallback | undefined,
): void {
  const isWhole = fin && !protocol.withinMessage;
  const first = protocol.withinMessage ? protocol.continuationHead(fin) : protocol.messageHead(binary, fin);
  queue.laterFragment(first, blob.size, written, (done) => {
    blob.arrayBuffer().then(
      (content) => {
        const bytes = Buffer.from(content);
        // Everyone who waits will be told that the connection is gone.
        if (queue.ended) return;
        if (isWhole && compress !== false && queue.deflater?.wants(bytes.length)) {
          queue.deflate(FIN | first, bytes, written, done);
          return;
        }
        queue.put(first, bytes, written);
        done();
      },
      (error: Error) => done(error),
    );
  });
}
