/**
 * What one connection is to send, in the order of the calls: frames, slices of what its groups were sent, and messages
 * that are not ready yet (a blob being read, a stream, one that is compressed in the thread pool). What has to wait is
 * copied. It owns the order; what may be sent at all is the protocol's to say.
 */
import { WebSocketError } from '../protocol/errors.js';
import type { FrameOutput, FrameWritten } from '../protocol/frame-output.js';
import { FIN, OPCODE, RSV1 } from '../protocol/opcode.js';
import type { Deflater } from './deflater.js';
import type { Block } from './frame-memory.js';
import { type BacklogOwner, FrameWriter } from './frame-writer.js';
import type { Memberships } from './shared-frames.js';
import type { Turn } from './turn.js';
import { callUser } from './user-code.js';
import type { WebSocket } from './websocket.js';

export interface QueueOwner extends BacklogOwner {
  readonly socket: WebSocket;
  /** A message that had begun, or whose place was taken, cannot be sent: the connection is of no use without it. */
  sendFailed(error: Error): void;
}

/** A message that is not ready yet. */
interface Pending {
  readonly bytes: number;
  readonly written: FrameWritten | undefined;
  /** Puts its frames, and calls `done` when what comes after it may follow; with an error when nothing may. */
  readonly begin: (done: (error?: Error) => void) => void;
}

interface DeferredFrame {
  readonly bytes: number;
  readonly written: FrameWritten | undefined;
  readonly first: number;
  readonly payload: string | Uint8Array;
}

/** Frames that a group encoded. */
interface SharedSlice {
  readonly bytes: number;
  readonly written: FrameWritten | undefined;
  readonly frames: Uint8Array;
  readonly compressed: boolean;
}

type Deferred = Pending | DeferredFrame | SharedSlice;

export class SendQueue extends FrameWriter implements FrameOutput {
  declare readonly owner: QueueOwner;
  /** Compresses this side's messages, where that was agreed on. */
  readonly deflater: Deflater | undefined;
  /** What waits behind a message that is not ready; absent while there is none. */
  private deferred: Deferred[] | undefined = undefined;
  private pending: Pending | undefined = undefined;
  private deferredBytes = 0;
  /** Whether the application has sent fragments of a message, and not its last one. */
  private withinMessage = false;
  /** What groups sent meanwhile, which must not stand among the fragments. */
  private behindMessage: SharedSlice[] | undefined = undefined;
  /** The groups that the connection is a member of. */
  groups: Memberships | undefined = undefined;

  constructor(
    stream: ConstructorParameters<typeof FrameWriter>[0],
    turn: Turn,
    maskingKey: (() => number) | undefined,
    owner: QueueOwner,
    deflater: Deflater | undefined,
  ) {
    super(stream, turn, maskingKey, owner);
    this.deflater = deflater;
  }

  override get bufferedAmount(): number {
    return super.bufferedAmount + this.deferredBytes;
  }

  override get waits(): boolean {
    return this.deferredBytes > 0 || this.deferred !== undefined || super.waits;
  }

  /** Whether encoded frames may be written past the queue. */
  override get idle(): boolean {
    return super.idle && this.deferred === undefined && !this.withinMessage;
  }

  protected override get waitsForTurn(): boolean {
    return this.groups !== undefined;
  }

  // What the connection sends.

  data(first: number, payload: string | Uint8Array, compress: boolean, written?: FrameWritten): void {
    if (this.groups !== undefined) this.groups.handOver(this);
    if (compress && this.deflater!.wants(payload.length)) this.compress(first, payload, written);
    else this.enqueue(first, payload, written);
    if ((first & FIN) === 0) this.withinMessage = true;
    else if (this.withinMessage && (first & 0xf) === OPCODE.continuation) this.endMessage();
  }

  control(first: number, payload: Uint8Array, written?: FrameWritten): void {
    // It need not wait for a message that is not ready, and may stand among its fragments (RFC 6455, 5.4).
    if (this.groups !== undefined && this.deferred === undefined) this.groups.handOver(this);
    this.put(first, payload, written);
  }

  close(first: number, payload: Uint8Array, written: FrameWritten): void {
    if (this.groups !== undefined) this.groups.leaveAll(this);
    this.enqueue(first, payload, written);
  }

  /** The same for a message that is not ready: it takes its place now, and `begin` is called when its turn has come. */
  later(bytes: number, written: FrameWritten | undefined, begin: Pending['begin']): void {
    if (this.groups !== undefined) this.groups.handOver(this);
    this.defer({ bytes, written, begin });
  }

  /** A fragment whose payload is not ready is a message's last one, or not. */
  laterFragment(
    first: number,
    bytes: number,
    written: FrameWritten | undefined,
    begin: Pending['begin'],
  ): void {
    this.later(bytes, written, begin);
    if ((first & FIN) === 0) this.withinMessage = true;
    else if (this.withinMessage && (first & 0xf) === OPCODE.continuation) this.endMessage();
  }

  private enqueue(first: number, payload: string | Uint8Array, written: FrameWritten | undefined): void {
    if (this.deferred === undefined) {
      this.put(first, payload, written);
      return;
    }
    const own = typeof payload === 'string' ? payload : Buffer.from(payload);
    this.defer({ bytes: Buffer.byteLength(own), written, first, payload: own });
  }

  private endMessage(): void {
    this.withinMessage = false;
    const { behindMessage } = this;
    if (behindMessage === undefined) return;
    this.behindMessage = undefined;
    for (const { bytes, compressed, frames, written } of behindMessage) {
      this.deferredBytes -= bytes;
      this.enqueueShared(frames, undefined, compressed, written);
    }
  }

  // Compression.

  private compress(first: number, payload: string | Uint8Array, written: FrameWritten | undefined): void {
    const deflater = this.deflater!;
    const isText = typeof payload === 'string';
    const message = isText ? Buffer.from(payload, 'utf8') : payload;
    if (this.deferred === undefined && deflater.isQuick(message.length)) {
      this.putDeflated(first, message, deflater.deflateNow(message), written);
      return;
    }
    const own = isText ? message : Buffer.from(message);
    this.defer({
      bytes: own.length,
      written,
      begin: (done) => this.deflate(first, own, written, done),
    });
  }

  /** Compresses and puts a message whose turn it is. */
  deflate(
    first: number,
    message: Uint8Array,
    written: FrameWritten | undefined,
    done: (error?: Error) => void,
  ): void {
    const deflater = this.deflater!;
    if (deflater.isQuick(message.length)) {
      this.putDeflated(first, message, deflater.deflateNow(message), written);
      done();
      return;
    }
    deflater.deflateLater(message, (error, deflated) => {
      // Without the stream, everyone who waits will be told so.
      if (error !== null) {
        done(error);
      } else if (!this.ended) {
        this.putDeflated(first, message, deflated, written);
        done();
      }
    });
  }

  private putDeflated(
    first: number,
    message: Uint8Array,
    deflated: Uint8Array | undefined,
    written: FrameWritten | undefined,
  ): void {
    if (deflated === undefined) this.put(first, message, written);
    else this.put(first | RSV1, deflated, written);
  }

  // What waits.

  private defer(item: Deferred): void {
    this.deferred ??= [];
    this.deferred.push(item);
    this.deferredBytes += item.bytes;
    if (this.pending === undefined) this.goOn();
  }

  private goOn(): void {
    while (this.pending === undefined) {
      const next = this.deferred?.shift();
      if (next === undefined) {
        this.deferred = undefined;
        return;
      }
      if ('begin' in next) {
        this.begin(next);
        continue;
      }
      this.deferredBytes -= next.bytes;
      if ('frames' in next) this.putShared(next.frames, undefined, next.compressed, next.written);
      else this.put(next.first, next.payload, next.written);
    }
  }

  private begin(item: Pending): void {
    this.pending = item;
    let inside = true;
    item.begin((error) => {
      if (this.pending !== item) return;
      this.pending = undefined;
      this.deferredBytes -= item.bytes;
      if (error !== undefined) {
        this.drop(error, item);
        this.owner.sendFailed(error);
      } else if (!inside) {
        this.goOn();
      }
    });
    inside = false;
  }

  /** Nothing that waits will be sent: everyone is told. */
  dropDeferred(error: Error): void {
    this.drop(error, this.pending);
    this.release();
  }

  private drop(error: Error, first: Pending | undefined): void {
    const dropped: Deferred[] = first === undefined ? [] : [first];
    dropped.push(...(this.deferred ?? []), ...(this.behindMessage ?? []));
    this.deferred = undefined;
    this.pending = undefined;
    this.behindMessage = undefined;
    this.deferredBytes = 0;
    for (const { written } of dropped) if (written !== undefined) callUser(written, undefined, error);
  }

  // What groups send.

  /**
   * Queues frames of a group.
   *
   * @param block - where they lie, and what may be filled anew once it has no pins; `undefined`: nobody changes them
   * @param compressed - whether some of them are
   */
  enqueueShared(
    frames: Uint8Array,
    block: Block | undefined,
    compressed: boolean,
    written?: FrameWritten,
  ): void {
    if (!this.withinMessage && this.deferred === undefined) {
      this.putShared(frames, block, compressed, written);
      return;
    }
    const own = { bytes: frames.length, frames: Buffer.from(frames), compressed, written };
    if (this.withinMessage) {
      this.behindMessage ??= [];
      this.behindMessage.push(own);
      this.deferredBytes += own.bytes;
    } else {
      this.defer(own);
    }
  }

  private putShared(
    frames: Uint8Array,
    block: Block | undefined,
    compressed: boolean,
    written: FrameWritten | undefined,
  ): void {
    // Each was compressed by itself, and what comes next must not look back beyond it.
    if (compressed) this.deflater?.forget();
    this.putEncoded(frames, block);
    if (written !== undefined) this.whenWritten(written);
  }

  /** Writes frames of a group past the queue, which must be idle. */
  writeShared(frames: Uint8Array, block: Block | undefined, compressed: boolean): void {
    if (compressed) this.deflater?.forget();
    this.writeEncoded(frames, block);
  }

  override flush(): void {
    if (this.groups !== undefined) this.groups.handOver(this);
    super.flush();
  }

  /** Sends frames that the application encoded by itself. */
  sendEncoded(frames: readonly Uint8Array[], written: FrameWritten | undefined): void {
    if (this.ended) {
      const error = new WebSocketError('WS_ERR_NOT_OPEN', 'The connection was closed before it was sent');
      if (written !== undefined) callUser(written, undefined, error);
      return;
    }
    if (this.groups !== undefined) this.groups.handOver(this);
    const bytes = Buffer.concat(frames);
    this.enqueueShared(bytes, undefined, false, written);
  }
}
