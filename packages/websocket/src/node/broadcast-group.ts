/**
 * The same messages for many connections: framed once, compressed once, and written to each member once a turn. It owns
 * what was sent to the group in this turn and who has been handed how much of it; the order against a member's own
 * messages is the order in which they were sent.
 */
import { FIN, OPCODE, RSV1 } from '../protocol/opcode.js';
import { DEFAULT_THRESHOLD, deflateAlone } from './deflate.js';
import { FrameRun } from './frame-run.js';
import type { Outbox, SharedFrames } from './outbox.js';
import { toBytes } from './payload.js';
import { type Flushable, flushAtTurnEnd, flushTurn, nextSequence } from './turn.js';
import { openOutbox, type WebSocket } from './websocket.js';

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

export class BroadcastGroup implements Flushable, SharedFrames {
  private readonly members = new Map<Outbox, WebSocket>();
  private readonly maxBackpressure: number;
  private readonly onOverflow: (socket: WebSocket) => void;
  private readonly threshold: number;
  /** This turn's frames for those who are sent plain ones, and for those who are sent compressed ones. */
  private readonly plain = new FrameRun();
  private readonly deflated = new FrameRun();
  /** How many members are sent compressed frames. */
  private inflating = 0;
  private readonly sequences: number[] = [];
  /** How many of this turn's frames an outbox has been handed, where that is not none. */
  private readonly taken = new Map<Outbox, number>();

  /** Whether an outbox refers to this turn's frames, and may still do so when the turn is over. */
  private lent = false;

  constructor(options: BroadcastGroupOptions = {}) {
    this.maxBackpressure = options.maxBackpressure ?? DEFAULT_BACKPRESSURE;
    this.onOverflow = options.onOverflow ?? ((socket) => socket.terminate());
    this.threshold =
      options.compress === false ? Number.POSITIVE_INFINITY : (options.threshold ?? DEFAULT_THRESHOLD);
  }

  get size(): number {
    return this.members.size;
  }

  /** The members, in the order in which they were added. */
  [Symbol.iterator](): IterableIterator<WebSocket> {
    return this.members.values();
  }

  has(socket: WebSocket): boolean {
    const outbox = openOutbox(socket);
    return outbox !== undefined && this.members.has(outbox);
  }

  /**
   * Adds a connection, which will be sent what is sent to the group from now on. One that is not open is not added; one
   * that closes leaves by itself.
   *
   * @throws TypeError - the connection is a client's, whose frames are masked one by one
   */
  add(socket: WebSocket): this {
    const outbox = openOutbox(socket);
    if (outbox === undefined || this.members.has(outbox)) return this;
    if (outbox.masks) throw new TypeError('Only connections of a server can be members of a group');
    // What is waiting was not encoded for the first who inflates.
    const inflates = outbox.deflater?.full === true && this.threshold !== Number.POSITIVE_INFINITY;
    if (inflates && this.inflating === 0) this.flush();
    this.members.set(outbox, socket);
    if (inflates) this.inflating++;
    if (this.sequences.length > 0) this.taken.set(outbox, this.sequences.length);
    if (outbox.shared === undefined) outbox.shared = this;
    else if (outbox.shared instanceof Memberships) outbox.shared.groups.push(this);
    else if (outbox.shared instanceof BroadcastGroup) outbox.shared = new Memberships([outbox.shared, this]);
    return this;
  }

  /** Takes a connection out; what was sent to the group before is still written to it. */
  delete(socket: WebSocket): boolean {
    const outbox = openOutbox(socket);
    if (outbox === undefined || !this.members.has(outbox)) return false;
    outbox.shared!.handOver(outbox);
    this.leave(outbox);
    if (outbox.shared instanceof Memberships) {
      const { groups } = outbox.shared;
      groups.splice(groups.indexOf(this), 1);
    } else {
      outbox.shared = undefined;
    }
    return true;
  }

  /**
   * Sends one message to every member. The work done now does not depend on how many they are; they are written to at
   * the end of the turn.
   *
   * @throws TypeError - the data is neither a string nor bytes
   */
  send(data: string | Uint8Array | ArrayBuffer, options?: { readonly binary?: boolean }): void {
    const isBinary = options?.binary ?? typeof data !== 'string';
    const first = FIN | (isBinary ? OPCODE.binary : OPCODE.text);
    const payload = typeof data === 'string' ? data : toBytes(data);
    if (this.members.size === 0) return;
    this.plain.push(first, payload);
    if (this.inflating > 0) this.pushDeflated(first, payload);
    this.sequences.push(nextSequence());
    if (this.sequences.length === 1) flushAtTurnEnd(this);
    if (this.plain.length > FLUSH_LIMIT) flushTurn();
  }

  private pushDeflated(first: number, payload: string | Uint8Array): void {
    const worth = payload.length >= this.threshold && payload.length <= DEFLATE_LIMIT;
    const deflated = worth ? deflateAlone(toBytes(payload)) : undefined;
    if (deflated === undefined) this.deflated.push(first, payload);
    else this.deflated.push(first | RSV1, deflated);
  }

  /** The frames as this member is sent them. */
  private runFor(outbox: Outbox): FrameRun {
    return this.inflating > 0 && outbox.deflater?.full === true ? this.deflated : this.plain;
  }

  /** Writes this turn's frames to every member. */
  flush(): void {
    const count = this.sequences.length;
    if (count === 0) return;
    let reusable = !this.lent;
    this.lent = false;
    let overflowing: Outbox[] | undefined;
    const plain = this.plain.slice(0, count);
    for (const outbox of this.members.keys()) {
      if (outbox.shared === this && outbox.idle && !this.taken.has(outbox)) {
        const run = this.runFor(outbox);
        outbox.writeShared(run === this.plain ? plain : run.slice(0, count));
      } else {
        outbox.flush();
        reusable = false;
      }
      if (outbox.pinning) {
        reusable = false;
        if (outbox.bufferedAmount > this.maxBackpressure) {
          overflowing ??= [];
          overflowing.push(outbox);
        }
      }
    }
    reusable &&= this.plain.length <= FLUSH_LIMIT;
    this.plain.clear(reusable);
    this.deflated.clear(reusable);
    this.sequences.length = 0;
    this.taken.clear();
    if (overflowing !== undefined) this.overflow(overflowing);
  }

  private overflow(outboxes: readonly Outbox[]): void {
    for (const outbox of outboxes) {
      const socket = this.members.get(outbox);
      if (socket !== undefined && this.delete(socket)) this.onOverflow(socket);
    }
  }

  // What a member's outbox asks.

  handOver(outbox: Outbox): void {
    const from = this.taken.get(outbox) ?? 0;
    if (from < this.sequences.length) this.handOverUpTo(outbox, from, this.sequences.length);
  }

  leave(outbox: Outbox): void {
    if (!this.members.delete(outbox)) return;
    this.taken.delete(outbox);
    if (outbox.deflater?.full === true && this.threshold !== Number.POSITIVE_INFINITY) this.inflating--;
  }

  /** The sequence number of the next frame this outbox has not been handed; Infinity when it has them all. */
  nextFor(outbox: Outbox): number {
    return this.sequences[this.taken.get(outbox) ?? 0] ?? Number.POSITIVE_INFINITY;
  }

  /** Hands over the frames that were sent before the sequence number. */
  handOverBefore(outbox: Outbox, sequence: number): void {
    const from = this.taken.get(outbox) ?? 0;
    let to = from;
    while (to < this.sequences.length && this.sequences[to]! < sequence) to++;
    if (to > from) this.handOverUpTo(outbox, from, to);
  }

  private handOverUpTo(outbox: Outbox, from: number, to: number): void {
    this.taken.set(outbox, to);
    this.lent = true;
    outbox.append(this.runFor(outbox).slice(from, to));
  }
}

/** The groups of a connection that is in several: what they sent is merged by the order of sending. */
class Memberships implements SharedFrames {
  readonly groups: BroadcastGroup[];

  constructor(groups: BroadcastGroup[]) {
    this.groups = groups;
  }

  handOver(outbox: Outbox): void {
    for (;;) {
      let earliest: BroadcastGroup | undefined;
      let sequence = Number.POSITIVE_INFINITY;
      let following = Number.POSITIVE_INFINITY;
      for (const group of this.groups) {
        const next = group.nextFor(outbox);
        if (next < sequence) {
          following = sequence;
          sequence = next;
          earliest = group;
        } else if (next < following) {
          following = next;
        }
      }
      if (earliest === undefined) return;
      earliest.handOverBefore(outbox, following);
    }
  }

  leave(outbox: Outbox): void {
    for (const group of this.groups) group.leave(outbox);
  }
}
