/** A WebSocket as a Node stream: each chunk that is written is a message, and each message a chunk that is read. */
import { Duplex, type DuplexOptions } from 'node:stream';
import type { WebSocket } from './websocket.js';

/**
 * Joins a WebSocket to a `Duplex`. Reading pauses the socket when the stream is full, and writing waits until the
 * operating system has taken the message. Ending the stream closes the connection, and destroying it terminates it.
 *
 * @param options - as for `Duplex`; with `readableObjectMode`, text messages are strings
 */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  let terminateOnDestroy = true;

  const whenOpen = (action: () => void): void => {
    if (socket.readyState === socket.CONNECTING) socket.once('open', action);
    else action();
  };
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read() {
      if (socket.isPaused) socket.resume();
    },
    write(chunk: Buffer, _encoding, callback) {
      whenOpen(() => socket.send(chunk, callback));
    },
    final(callback) {
      whenOpen(() => {
        const stream = socket._socket;
        // The handshake failed: its error ends this stream too.
        if (stream === null) return;
        if (stream.writableFinished) {
          callback();
          if (duplex.readableEnded) duplex.destroy();
          return;
        }
        stream.once('finish', () => callback());
        socket.close();
      });
    },
    destroy(error, callback) {
      if (socket.readyState === socket.CLOSED) {
        callback(error);
        process.nextTick(emitClose, duplex);
        return;
      }
      let told = false;
      socket.once('error', (failure) => {
        told = true;
        callback(failure);
      });
      socket.once('close', () => {
        if (!told) callback(error);
        process.nextTick(emitClose, duplex);
      });
      if (terminateOnDestroy) socket.terminate();
    },
  });

  socket.on('message', (data, isBinary) => {
    const chunk = !isBinary && duplex.readableObjectMode ? data.toString() : data;
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.once('error', (error) => {
    if (duplex.destroyed) return;
    // The socket closes by itself, and is to tell its peer why.
    terminateOnDestroy = false;
    duplex.destroy(error);
  });
  socket.once('close', () => {
    if (!duplex.destroyed) duplex.push(null);
  });
  duplex.on('end', () => {
    if (!duplex.destroyed && duplex.writableFinished) duplex.destroy();
  });
  duplex.on('error', rethrowUnheard);
  return duplex;
}

function emitClose(duplex: Duplex): void {
  duplex.emit('close');
}

/** An error nobody listens for must not vanish because this listener was there. */
function rethrowUnheard(this: Duplex, error: Error): void {
  this.removeListener('error', rethrowUnheard);
  this.destroy();
  if (this.listenerCount('error') === 0) this.emit('error', error);
}
