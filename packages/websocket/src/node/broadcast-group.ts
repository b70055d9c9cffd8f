/**
 * The same messages for many connections: framed once, compressed once, and written to each member once a turn. It owns
 * who is a member, and what becomes of one that reads too slowly; how frames get to the members is `SharedFrames`'s.
 */
import { FIN, OPCODE, RSV1 } from '../protocol/opcode.js';
import { DEFAULT_THRESHOLD } from './deflate-options.js';
import { deflateAlone } from './deflater.js';
import { toBytes } from './payload.js';
import type { SendQueue } from './send-queue.js';
import { type Burst, type FrameSource, type Memberships, SharedFrames } from './shared-frames.js';
import { processTurn } from './turn.js';
import { callUser } from './user-code.js';
import { queueOf, type WebSocket } from './websocket.js';

export interface BroadcastGroupOptions {
  /** Bytes a member may have waiting before it is taken out of the group. 4 MiB by default. */
  readonly maxBackpressure?: number;
  /**
   * Called with a member that was taken out because more than `maxBackpressure` was waiting for it. Everything that was
   * sent to the group until now is queued to it, and nothing after. When absent, the connection is terminated.
   */
  readonly onOverflow?: (socket: WebSocket) => void;
  /**
   * Compress messages, once for all members that negotiated it with the full window; the others get them as they are.
   * True by default.
   */
  readonly compress?: boolean;
  /** Messages with fewer bytes are not compressed. 1,024 by default. */
  readonly threshold?: number;
}

const DEFAULT_BACKPRESSURE = 4 * 1024 * 1024;
/** With more than this sent in one turn, it is written before the turn is over. */
const FLUSH_LIMIT = 256 * 1024;
/** Larger messages are not compressed: it is done at once, and would take too long. */
const DEFLATE_LIMIT = 256 * 1024;

const DEFAULTS: BroadcastGroupOptions = {};

const sharedFrames = new SharedFrames(processTurn);

export class BroadcastGroup {
  private readonly source: Source;

  constructor(options: BroadcastGroupOptions = DEFAULTS) {
    this.source = new Source(options);
  }

  get size(): number {
    return this.source.members.size;
  }

  /** The members, in the order in which they were added. */
  *[Symbol.iterator](): IterableIterator<WebSocket> {
    for (const { owner } of this.source.members) yield owner.socket;
  }

  has(socket: WebSocket): boolean {
    const queue = queueOf(socket);
    return queue !== undefined && this.source.members.has(queue);
  }

  /**
   * Adds a connection, which will be sent what is sent to the group from now on. One that is not open is not added; one
   * that closes leaves by itself.
   *
   * @throws TypeError - the connection is a client's, whose frames are masked one by one
   */
  add(socket: WebSocket): this {
    const queue = queueOf(socket);
    if (queue === undefined || this.source.members.has(queue)) return this;
    if (queue.masks) throw new TypeError('Only connections of a server can be members of a group');
    this.source.add(queue);
    return this;
  }

  /** Takes a connection out; what was sent to the group before is still written to it. */
  delete(socket: WebSocket): boolean {
    const queue = queueOf(socket);
    return queue !== undefined && this.source.delete(queue);
  }

  /**
   * Sends one message to every member. The work done now does not depend on how many they are; they are written to at
   * the end of the turn.
   *
   * @throws TypeError - the data is neither a string nor bytes
   */
  send(data: string | Uint8Array | ArrayBuffer, options?: { readonly binary?: boolean }): void {
    const isBinary = options?.binary ?? typeof data !== 'string';
    const payload = typeof data === 'string' ? data : toBytes(data);
    if (this.source.members.size > 0) this.source.send(payload, isBinary);
  }
}

/** A group as its frames and its members see it. */
class Source implements FrameSource {
  readonly members = new Set<SendQueue>();
  burst: Burst | undefined = undefined;
  private readonly options: BroadcastGroupOptions;
  /** How many members are sent compressed frames. */
  private inflating = 0;
  /** Members that have more waiting than may. */
  private slow: SendQueue[] | undefined = undefined;

  constructor(options: BroadcastGroupOptions) {
    this.options = options;
  }

  add(queue: SendQueue): void {
    const inflates = this.sendsCompressed(queue);
    // What is waiting was not encoded for the first who inflates.
    if (inflates && this.inflating === 0 && this.burst !== undefined) processTurn.flush();
    if (inflates) this.inflating++;
    if (queue.groups === undefined) queue.groups = new Groups(this);
    else (queue.groups as Groups).join(queue, this);
    this.members.add(queue);
  }

  delete(queue: SendQueue): boolean {
    if (!this.members.has(queue)) return false;
    queue.groups!.handOver(queue);
    this.forget(queue);
    (queue.groups as Groups).leave(queue, this);
    return true;
  }

  forget(queue: SendQueue): void {
    if (this.members.delete(queue) && this.sendsCompressed(queue)) this.inflating--;
  }

  private sendsCompressed(queue: SendQueue): boolean {
    return queue.deflater?.hasFullWindow === true && this.options.compress !== false;
  }

  send(payload: string | Uint8Array, isBinary: boolean): void {
    const first = FIN | (isBinary ? OPCODE.binary : OPCODE.text);
    const burst = sharedFrames.burstOf(this);
    burst.plain.push(first, payload);
    if (this.inflating > 0) this.pushDeflated(burst, first, payload);
    sharedFrames.added(burst);
    if (burst.plain.length > FLUSH_LIMIT) processTurn.flush();
  }

  private pushDeflated(burst: Burst, first: number, payload: string | Uint8Array): void {
    burst.deflated ??= sharedFrames.newRun();
    const threshold = this.options.threshold ?? DEFAULT_THRESHOLD;
    const worth = payload.length >= threshold && payload.length <= DEFLATE_LIMIT;
    const deflated = worth ? deflateAlone(toBytes(payload)) : undefined;
    if (deflated === undefined) {
      burst.deflated.push(first, payload);
    } else {
      burst.deflated.push(first | RSV1, deflated);
      burst.deflated.compressed = true;
    }
  }

  wrote(queue: SendQueue): void {
    if (!queue.waits) return;
    if (queue.bufferedAmount <= (this.options.maxBackpressure ?? DEFAULT_BACKPRESSURE)) return;
    this.slow ??= [];
    this.slow.push(queue);
  }

  turnEnded(): void {
    const { slow } = this;
    if (slow === undefined) return;
    this.slow = undefined;
    const { onOverflow } = this.options;
    const out = slow.filter((queue) => this.delete(queue));
    for (const queue of out) {
      if (onOverflow === undefined) queue.owner.socket.terminate();
      else callUser(onOverflow, undefined, queue.owner.socket);
    }
  }
}

/** The groups of one connection. */
class Groups implements Memberships {
  private sources: Source[];
  seen: number;

  constructor(source: Source) {
    this.sources = [source];
    this.seen = sharedFrames.latest;
  }

  join(queue: SendQueue, source: Source): void {
    // What it was sent before is not for the one that joins.
    this.handOver(queue);
    this.sources.push(source);
    this.seen = sharedFrames.latest;
  }

  leave(queue: SendQueue, source: Source): void {
    if (this.sources.length === 1) queue.groups = undefined;
    else this.sources.splice(this.sources.indexOf(source), 1);
  }

  handOver(queue: SendQueue): void {
    sharedFrames.handOver(queue, this.sources);
  }

  leaveAll(queue: SendQueue): void {
    this.handOver(queue);
    for (const source of this.sources) source.forget(queue);
    queue.groups = undefined;
  }
}
