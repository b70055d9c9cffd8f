/**
 * The sending half of a `WebSocket`: messages, streams, pings and pongs, and what becomes of them where there is no
 * connection. What may be sent on one is the protocol's to say.
 */
import { STATE } from '../protocol/connection.js';
import { WebSocketError } from '../protocol/errors.js';
import { sendBlob } from './blob.js';
import { CHANNELS, type MessageReport } from './diagnostics.js';
import { ListenableAsInBrowsers } from './event-target.js';
import { type MessageSource, sendPieces } from './message-streams.js';
import { bytesOrText, isBlob, type SendData, sizeOf, toBytes } from './payload.js';
import type { StreamConnection } from './stream-connection.js';
import { afterThis } from './turn.js';
import { callUser } from './user-code.js';

export type SendCallback = (error?: Error | null) => void;

export interface SendOptions {
  /** As a binary message, or as text. By default text for strings, and binary for everything else. */
  readonly binary?: boolean;
  /** Compress it, where compression was negotiated and the message is worth it. True by default. */
  readonly compress?: boolean;
  /** Whether this is the last fragment of the message. True by default. Fragments are not compressed. */
  readonly fin?: boolean;
  /** Without effect: a client's frames are masked, and a server's are not (RFC 6455, 5.1). */
  readonly mask?: boolean;
}

export const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
export const CONNECTING = 0;

export abstract class SendingSocket extends ListenableAsInBrowsers {
  /** Absent while there is none yet. */
  protected connection: StreamConnection | undefined = undefined;
  /** Bytes that were given to be sent when it was too late. */
  protected unsentBytes = 0;

  /** As in browsers: connecting, open, closing, closed. */
  abstract get readyState(): 0 | 1 | 2 | 3;

  /** For programs that send the same encoded frames to many, as engine.io does: see `BroadcastGroup`. */
  get _sender(): { sendFrame(frames: readonly Uint8Array[], callback?: SendCallback): void } | null {
    const { connection } = this;
    if (connection === undefined) return null;
    return {
      sendFrame: (frames, callback) => {
        if (connection.state === STATE.open) connection.queue.sendEncoded(frames, callback);
        else this.refuse(Buffer.concat(frames), callback);
      },
    };
  }

  /**
   * Sends one message. Messages go out in the order of the calls, at the end of this turn of the event loop. The memory
   * of a message of more than 32 KiB must not be changed before the callback is called.
   *
   * @param callback - called when it was handed to the operating system, or with the error
   * @throws WebSocketError - `WS_ERR_NOT_OPEN`: there is no connection yet
   * @throws TypeError - the data is neither a string nor bytes
   */
  send(data: SendData, callback?: SendCallback): void;
  send(data: SendData, options?: SendOptions, callback?: SendCallback): void;
  send(data: SendData, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    const written = typeof options === 'function' ? options : callback;
    const how = typeof options === 'function' ? undefined : options;
    const { connection } = this;
    if (connection === undefined || connection.state !== STATE.open) {
      this.refuse(data, written);
      return;
    }
    const last = how?.fin !== false;
    const { protocol } = connection;
    const whole = last && !protocol.withinMessage;
    if (isBlob(data)) {
      if (this.hasRoom(connection, data.size, true, whole, written)) {
        sendBlob(connection, data, { ...how, fin: last }, written);
      }
      return;
    }
    const payload = bytesOrText(data);
    const isBinary = how?.binary ?? typeof payload !== 'string';
    if (!this.hasRoom(connection, payload.length, isBinary, whole, written)) return;
    if (protocol.withinMessage) {
      protocol.sendContinuation(payload, last, written);
      return;
    }
    const compress = how?.compress !== false && connection.queue.deflater !== undefined;
    if (isBinary) protocol.sendBinary(payload, last, compress, written);
    else protocol.sendText(payload, last, compress, written);
  }

  /** Whether the message may be sent, or is one too many. */
  private hasRoom(
    connection: StreamConnection,
    size: number,
    isBinary: boolean,
    whole: boolean,
    written: SendCallback | undefined,
  ): boolean {
    if (CHANNELS.message.hasSubscribers) this.report('out', size, isBinary);
    return connection.hasRoom(size, whole, written);
  }

  protected report(direction: 'in' | 'out', size: number, isBinary: boolean): void {
    CHANNELS.message.publish({ socket: this, direction, size, isBinary } satisfies MessageReport);
  }

  /**
   * Sends one message in pieces, each a fragment, as they become ready; the next piece is asked for when the operating
   * system has taken the one before. Other messages wait until this one is over.
   *
   * @param options - `binary`: as a binary message (the default) or as text, which may be cut anywhere
   * @throws WebSocketError - `WS_ERR_NOT_OPEN`: there is no connection, or it was closed meanwhile;
   *   `WS_ERR_FRAGMENT_ORDER`: a message that was begun with `fin: false` is not finished. When the source itself fails,
   *   its error is given on and the connection is closed, as the message cannot be taken back.
   */
  async sendStream(source: MessageSource, options: { readonly binary?: boolean } = {}): Promise<void> {
    const { connection } = this;
    if (connection?.state !== STATE.open) throw this.notOpen();
    const isBinary = options.binary ?? true;
    // Takes its place: it must not stand within another message.
    connection.protocol.messageHead(isBinary);
    await sendPieces(connection.queue, source, isBinary);
  }

  /**
   * Sends a ping.
   *
   * @param data - at most 125 bytes, which the pong brings back
   */
  ping(
    data?: SendData | number | SendCallback,
    mask?: boolean | SendCallback,
    callback?: SendCallback,
  ): void {
    const [connection, payload, written] = this.forControl(data, mask, callback);
    connection?.protocol.sendPing(payload, written);
  }

  /** Sends a pong. Pings are answered by this, unless `autoPong` is off. */
  pong(
    data?: SendData | number | SendCallback,
    mask?: boolean | SendCallback,
    callback?: SendCallback,
  ): void {
    const [connection, payload, written] = this.forControl(data, mask, callback);
    connection?.protocol.sendPong(payload, written);
  }

  private forControl(
    data: unknown,
    mask: unknown,
    callback: SendCallback | undefined,
  ): [StreamConnection | undefined, Buffer, SendCallback | undefined] {
    const written = [data, mask, callback].find((one) => typeof one === 'function') as
      | SendCallback
      | undefined;
    const payload = toBytes(bytesOrText(typeof data === 'function' ? undefined : data));
    const { connection } = this;
    if (connection?.state === STATE.open) return [connection, payload, written];
    this.refuse(payload, written);
    return [undefined, payload, written];
  }

  private notOpen(): WebSocketError {
    const state = this.readyState;
    return new WebSocketError(
      'WS_ERR_NOT_OPEN',
      `WebSocket is not open: readyState ${state} (${STATES[state]})`,
    );
  }

  /** What is sent without a connection. */
  private refuse(data: unknown, callback: SendCallback | undefined): void {
    const error = this.notOpen();
    if (this.readyState === CONNECTING) throw error;
    this.unsentBytes += sizeOf(data);
    if (callback !== undefined) afterThis(() => callUser(callback, undefined, error));
  }
}
