/**
 * The end of a turn of the event loop: whatever was queued during the turn is written then, once a connection. It owns
 * the order in which groups' messages were sent, and knows nothing of sockets.
 */
import { slab } from './slab.js';

export interface Flushable {
  /** Writes what is queued. Called once a turn at most; must not throw. */
  flush(): void;
}

let waiting: Flushable[] = [];
let scheduled = false;
let running = 0;
/** How many have frames in the slab that are not among those who wait to be flushed. */
let corked = 0;
let sequence = 0;

/** A number greater than all before it: the order of messages across groups. */
export function nextSequence(): number {
  return ++sequence;
}

/** Has `flush` called at the end of this turn. The caller sees to it that it asks once a turn. */
export function flushAtTurnEnd(flushable: Flushable): void {
  waiting.push(flushable);
  if (scheduled) return;
  scheduled = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  scheduled = false;
  flushTurn();
}

/** Writes everything that is queued now, before the turn is over. */
export function flushTurn(): void {
  running++;
  while (waiting.length > 0) {
    const flushing = waiting;
    waiting = [];
    for (let at = 0; at < flushing.length; at++) flushing[at]!.flush();
  }
  running--;
  rewindWhenIdle();
}

/** Room for that many bytes in the slab, at most its size. */
export function reserve(bytes: number): void {
  if (slab.fits(bytes)) return;
  flushTurn();
  if (!slab.fits(bytes)) slab.replace();
}

/** Tells that someone begins, or ends, to keep frames in the slab without asking to be flushed. */
export function countCorked(on: boolean): void {
  corked += on ? 1 : -1;
}

/** Begins the slab anew, if nobody has anything in it that is not written. */
export function rewindWhenIdle(): void {
  if (running === 0 && corked === 0 && waiting.length === 0) slab.rewind();
}
