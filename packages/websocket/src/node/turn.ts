/**
 * The end of a turn of the event loop: whatever was queued during the turn is written then, once a connection. It owns
 * the memory that is filled meanwhile, and knows nothing of sockets.
 */
import { FrameMemory } from './frame-memory.js';
import { MessageMemory } from './message-memory.js';

// Taken when the module loads, so that fake timers of a test runner do not stop all sending.
const { setImmediate } = globalThis;
const nextTick = process.nextTick.bind(process);

export interface Flushable {
  /** Writes what is queued. Called once a turn at most. */
  flush(): void;
}

/** Calls it in a turn of its own. */
export function afterTurn(call: () => void): void {
  setImmediate(call);
}

/** Calls it when the code that is running now is done. */
export function afterThis(call: () => void): void {
  nextTick(call);
}

export class Turn {
  readonly memory = new FrameMemory();
  /** For messages that are valid until their listener returns. */
  readonly messages = new MessageMemory();
  private waiting: Flushable[] = [];
  private looking: (() => void)[] = [];
  private scheduled = false;
  private running = 0;
  /** How many have frames in the memory that are not among those who wait to be flushed. */
  private corked = 0;

  /** Has `flush` called at the end of this turn. The caller sees to it that it asks once a turn. */
  flushAtEnd(flushable: Flushable): void {
    this.waiting.push(flushable);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.end);
  }

  private readonly end = (): void => {
    this.scheduled = false;
    this.flush();
  };

  /** Writes everything that is queued now, before the turn is over. */
  flush(): void {
    this.running++;
    while (this.waiting.length > 0) {
      const flushing = this.waiting;
      this.waiting = [];
      for (let at = 0; at < flushing.length; at++) flushOne(flushing[at]!);
    }
    this.running--;
    this.rewindWhenIdle();
  }

  /** Calls it a whole turn after this one: what a stream does at once is done by then. */
  lookLater(look: () => void): void {
    this.looking.push(look);
    if (this.looking.length === 1) setImmediate(this.askAgain);
  }

  private readonly askAgain = (): void => {
    setImmediate(this.look);
  };

  private readonly look = (): void => {
    const { looking } = this;
    this.looking = [];
    for (const one of looking) one();
  };

  /** Room for that many bytes in the memory, at most a block. */
  reserve(bytes: number): void {
    if (this.memory.fits(bytes)) return;
    this.flush();
    if (!this.memory.fits(bytes)) this.memory.replace();
  }

  /** Tells that someone begins, or ends, to keep frames in the memory without asking to be flushed. */
  countCorked(on: boolean): void {
    this.corked += on ? 1 : -1;
  }

  /** Begins the memory anew, if nobody has anything in it that is not written. */
  rewindWhenIdle(): void {
    if (this.running === 0 && this.corked === 0 && this.waiting.length === 0) this.memory.rewind();
  }
}

/** A stream of somebody else's may throw where it is written to; the others are written to all the same. */
function flushOne(flushable: Flushable): void {
  try {
    flushable.flush();
  } catch (error) {
    afterTurn(() => {
      throw error;
    });
  }
}

/** The turn of the process's event loop, which its connections and groups have in common. */
export const processTurn = new Turn();
