/** Messages as streams, while they come: none of them is ever held whole. */
import { Readable } from 'node:stream';
import { WebSocketError } from '../protocol/errors.js';
import type { PieceHandler } from '../protocol/message-receiver.js';
import type { Delivery, Kept } from './delivery.js';
import type { ByteLimit } from './inbox.js';
import { callUser } from './user-code.js';

/** What a stream costs beside its bytes, until it was read to its end. */
const BOOKKEEPING = 1024;

/** A message that is read while it comes. Leaving it unread stops the connection; destroying it skips the rest. */
export class IncomingMessageStream extends Readable {
  readonly isBinary: boolean;
  private readonly limit: ByteLimit;
  /** What it counts for at the limit. */
  private counted = BOOKKEEPING;

  /** @internal */
  constructor(isBinary: boolean, limit: ByteLimit) {
    super();
    this.isBinary = isBinary;
    this.limit = limit;
    limit.change(BOOKKEEPING);
  }

  /** @internal More of the message. */
  add(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.destroyed) return;
    // Listeners of `data` are called within.
    callUser((more) => void this.push(more), this, bytes);
    this.count();
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (!this.destroyed) this.count();
    return chunk;
  }

  override _read(): void {}

  private count(): void {
    const now = this.readableEnded ? 0 : this.readableLength + BOOKKEEPING;
    const change = now - this.counted;
    this.counted = now;
    if (change !== 0) this.limit.change(change);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { counted } = this;
    this.counted = 0;
    if (counted > 0) this.limit.change(-counted);
    // The peer's going is no fault of a reader that does not listen for errors: it sees that the stream was closed.
    callback(this.listenerCount('error') === 0 ? null : error);
  }
}

export class StreamDelivery implements Delivery, PieceHandler {
  private readonly kept: Kept;
  private readonly receive: (message: IncomingMessageStream) => void;
  private current: IncomingMessageStream | undefined = undefined;

  constructor(kept: Kept, receive: (message: IncomingMessageStream) => void) {
    this.kept = kept;
    this.receive = receive;
    // What was kept before is told first.
    for (let message = kept.inbox.shift(); message !== undefined; message = kept.inbox.shift())
      this.message(message.data, message.isBinary);
  }

  get pieces(): PieceHandler {
    return this;
  }

  message(data: Buffer, isBinary: boolean): void {
    this.begin(isBinary);
    this.piece(data);
    this.end();
  }

  begin(isBinary: boolean): void {
    this.current = new IncomingMessageStream(isBinary, this.kept.limit);
    callUser(this.receive, undefined, this.current);
  }

  piece(bytes: Uint8Array): void {
    this.current?.add(bytes);
  }

  end(): void {
    this.current?.push(null);
    this.current = undefined;
  }

  handOver(): Kept {
    return this.kept;
  }

  /** Whether a message has begun that is not over: it is still given here, whatever delivery follows. */
  get isWithinMessage(): boolean {
    return this.current !== undefined;
  }

  takeUp(): void {}

  closing(): void {}

  ended(): void {
    const { current } = this;
    this.current = undefined;
    current?.destroy(
      new WebSocketError('WS_ERR_ABNORMAL_CLOSURE', 'The connection was closed within the message'),
    );
  }
}
