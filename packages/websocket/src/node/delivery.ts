/**
 * How messages get to the application: to its listeners, to a loop, or as streams. A delivery owns what has come and was
 * not taken, within one limit in bytes; it knows nothing of frames.
 */
import type { PieceHandler } from '../protocol/message-receiver.js';
import { ByteLimit, Inbox } from './inbox.js';
import { afterThis } from './turn.js';

/** A way to get messages to the application. */
export interface Delivery {
  /** Where set, messages are wanted in pieces, and not by `message`. */
  readonly pieces?: PieceHandler | undefined;
  message(data: Buffer, isBinary: boolean): void;
  /** A listener was added, or reading goes on: what is kept may be told. */
  takeUp(): void;
  /** The application has called `close`. */
  closing(): void;
  /** The connection is gone; with an error when that was no clean end. */
  ended(error: Error | undefined): void;
  /** Gives what it keeps to the delivery that follows. */
  handOver(): Kept;
}

/** A socket as its delivery sees it. */
export interface Recipient {
  /** Whether someone listens for messages. */
  readonly listens: boolean;
  readonly isPaused: boolean;
  readonly isOpen: boolean;
  /** Tells the listeners; answers whether there are any. */
  tell(data: Buffer, isBinary: boolean): boolean;
  /** Stops reading as nothing is taken, or goes on. */
  stopReading(on: boolean): void;
  /** Bytes that may wait. */
  readonly highWaterMark: number;
  /** Milliseconds after which nobody is expected to take them any more; 0 for never. */
  readonly untakenTimeout: number;
  /** Calls it when a listener for messages is added, until it answers `false`. */
  whenListening(call: () => boolean): void;
}

/** What waits on one connection, whichever delivery it has. */
export class Kept {
  readonly recipient: Recipient;
  readonly limit: ByteLimit;
  readonly inbox: Inbox;
  private patience: NodeJS.Timeout | undefined = undefined;
  /** Called when nobody has taken anything for `untakenTimeout`; absent while that is fine. */
  private onImpatience: (() => void) | undefined = undefined;

  constructor(recipient: Recipient) {
    this.recipient = recipient;
    this.limit = new ByteLimit(recipient.highWaterMark, (reached) => {
      recipient.stopReading(reached);
      this.beginToWait();
    });
    this.inbox = new Inbox(this.limit);
  }

  /** From now on, waiting too long is the end of it; or is not, where nothing is given. */
  expect(onImpatience: (() => void) | undefined): void {
    this.onImpatience = onImpatience;
    this.beginToWait();
  }

  private beginToWait(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    const { untakenTimeout } = this.recipient;
    if (!this.limit.reached || this.onImpatience === undefined || untakenTimeout === 0) return;
    this.patience = setTimeout(() => {
      // Who has paused means to come back.
      if (this.recipient.isPaused) this.beginToWait();
      else this.onImpatience?.();
    }, untakenTimeout).unref();
  }
}

/**
 * To the listeners of `message`, as each comes. What comes while nobody listens is kept up to the limit, and told to the
 * first who does; nobody has for long, it is dropped, and so is what comes then: otherwise it would not be seen when the
 * peer closes.
 */
export class ListenerDelivery implements Delivery {
  private readonly recipient: Recipient;
  private kept: Kept | undefined;
  /** Whether messages that nobody listens for are dropped. */
  private drops = false;

  /** @param kept - what another delivery has left */
  constructor(recipient: Recipient, kept?: Kept) {
    this.recipient = recipient;
    this.kept = kept;
    if (kept !== undefined) this.watch(kept);
  }

  handOver(): Kept {
    const kept = this.kept ?? new Kept(this.recipient);
    this.kept = undefined;
    kept.expect(undefined);
    return kept;
  }

  message(data: Buffer, isBinary: boolean): void {
    const { recipient } = this;
    if (this.kept === undefined && recipient.tell(data, isBinary)) return;
    const keeps = recipient.listens || (!this.drops && recipient.isOpen && recipient.highWaterMark > 0);
    if (!keeps) return;
    if (this.kept === undefined) {
      this.kept = new Kept(recipient);
      this.watch(this.kept);
    }
    this.kept.inbox.push(data, isBinary);
    this.takeUp();
  }

  private watch(kept: Kept): void {
    kept.expect(() => {
      this.drops = true;
      this.forget();
    });
    this.recipient.whenListening(() => {
      // What was kept goes to a listener that comes late, once the code that added it is done.
      if (this.kept === kept) afterThis(() => this.takeUp());
      return this.kept === kept;
    });
  }

  takeUp(): void {
    const { kept, recipient } = this;
    if (kept === undefined) return;
    while (kept.inbox.size > 0 && !recipient.isPaused && recipient.listens) {
      const { data, isBinary } = kept.inbox.shift()!;
      recipient.tell(data, isBinary);
      // A listener may have begun a loop.
      if (this.kept !== kept) return;
    }
    if (kept.inbox.size === 0) this.kept = undefined;
  }

  closing(): void {
    // Who closes without having listened does not want the rest, and it must not keep the answer from being read.
    if (!this.recipient.listens) this.forget();
  }

  private forget(): void {
    const { kept } = this;
    this.kept = undefined;
    kept?.inbox.clear();
  }

  ended(): void {
    this.kept?.expect(undefined);
  }
}
