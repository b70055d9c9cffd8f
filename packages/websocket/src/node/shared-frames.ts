/**
 * What groups were sent in a turn, on its way to their members: each frame is encoded once, and a member that was sent
 * nothing else gets all of its group's frames by one write. Where several groups, or a member's own messages, mix, the
 * order is the order of sending. It knows neither who is a member of what for how long, nor what is too much.
 */
import { FrameRun } from './frame-run.js';
import type { SendQueue } from './send-queue.js';
import type { Flushable, Turn } from './turn.js';
import { surface } from './user-code.js';

/** A group as its frames see it. */
export interface FrameSource {
  readonly members: ReadonlySet<SendQueue>;
  /** What it was sent in this turn; absent while that is nothing. */
  burst: Burst | undefined;
  /** Everything was written to the member, as far as its stream took it. */
  wrote(member: SendQueue): void;
  /** The turn is over. */
  turnEnded(): void;
}

/** The groups of one connection, and how much of what they were sent it has been handed. */
export interface Memberships {
  /** The number of the latest frame of any group that was handed over, or that is from before the connection was a member. */
  seen: number;
  /** Queues what the groups were sent and the connection has not been handed yet. */
  handOver(queue: SendQueue): void;
  /** Takes the connection out of all of them; what they were sent before is queued. */
  leaveAll(queue: SendQueue): void;
}

/** Kept for the next turn, of those that are not in use. */
const SPARE_RUNS = 8;
/** Memory of larger ones is let go. */
const SPARE_BYTES = 512 * 1024;
/** More groups than that are not told apart by the bits of a number. */
const MOST_BITS = 30;

/** What one group was sent in this turn. */
export class Burst {
  /** The frames for those who are sent plain ones, and for those who are sent compressed ones. */
  readonly plain: FrameRun;
  deflated: FrameRun | undefined = undefined;
  /** The number of each frame, in the order of sending over all groups. */
  readonly numbers: number[] = [];

  constructor(plain: FrameRun) {
    this.plain = plain;
  }

  runFor(queue: SendQueue): FrameRun {
    return this.deflated !== undefined && queue.deflater?.hasFullWindow === true ? this.deflated : this.plain;
  }

  /** The index of the first frame behind that number. */
  after(number: number): number {
    const { numbers } = this;
    if (numbers[0]! > number) return 0;
    let at = numbers.length;
    while (at > 0 && numbers[at - 1]! > number) at--;
    return at;
  }
}

export class SharedFrames implements Flushable {
  private readonly turn: Turn;
  /** The groups that were sent something in this turn. */
  private busy: FrameSource[] = [];
  private readonly spare: FrameRun[] = [];
  /** The number of the latest frame. */
  latest = 0;
  /** The number of this turn's first one. */
  private first = 0;

  constructor(turn: Turn) {
    this.turn = turn;
  }

  /** What the group is sent in this turn, to be added to. */
  burstOf(group: FrameSource): Burst {
    if (group.burst !== undefined) return group.burst;
    if (this.busy.length === 0) {
      this.turn.flushAtEnd(this);
      this.first = this.latest + 1;
    }
    this.busy.push(group);
    group.burst = new Burst(this.newRun());
    return group.burst;
  }

  newRun(): FrameRun {
    return this.spare.pop() ?? new FrameRun();
  }

  /** Numbers the frame that was just added. */
  added(burst: Burst): void {
    burst.numbers.push(++this.latest);
  }

  /** Queues what the groups were sent and the member has not been handed yet. */
  handOver(queue: SendQueue, groups: readonly FrameSource[]): void {
    const { latest } = this;
    const seen = queue.groups!.seen;
    if (this.busy.length === 0 || seen === latest) return;
    queue.groups!.seen = latest;
    if (groups.length === 1) {
      const burst = groups[0]!.burst;
      if (burst !== undefined) hand(queue, burst, burst.after(seen), burst.numbers.length);
      return;
    }
    const bursts: Burst[] = [];
    const candidates = this.busy.length < groups.length ? this.busy : groups;
    for (const group of candidates) {
      if (group.burst !== undefined && (candidates === groups || group.members.has(queue)))
        bursts.push(group.burst);
    }
    inOrder(bursts, seen, (burst, from, to) => hand(queue, burst, from, to));
  }

  /** Writes this turn's frames to every member of the groups. */
  flush(): void {
    const { busy } = this;
    if (busy.length === 0) return;
    if (busy.length === 1) this.writeOne(busy[0]!);
    else this.writeSeveral(busy);
    this.busy = [];
    for (const group of busy) {
      const { deflated, plain } = group.burst!;
      group.burst = undefined;
      this.giveBack(plain);
      if (deflated !== undefined) this.giveBack(deflated);
    }
    for (const group of busy) group.turnEnded();
  }

  private writeOne(group: FrameSource): void {
    const burst = group.burst!;
    const count = burst.numbers.length;
    const plain = burst.plain.slice(0, count);
    for (const queue of group.members) {
      try {
        if (queue.groups!.seen < this.first && queue.idle) {
          const run = burst.runFor(queue);
          queue.writeShared(run === burst.plain ? plain : run.slice(0, count), run.block, run.compressed);
        } else {
          queue.flush();
        }
      } catch (error) {
        // A stream of somebody else's may throw where it is written to: that is nothing to the other members.
        surface(error);
      }
      group.wrote(queue);
    }
  }

  /** Members of the same groups are written the same bytes, which are put side by side once for all of them. */
  private writeSeveral(busy: readonly FrameSource[]): void {
    const inside = new Map<SendQueue, number>();
    for (let at = 0; at < busy.length; at++) {
      // Beyond what bits tell apart, every set is its own.
      const bit = at < MOST_BITS ? 1 << at : -1;
      for (const queue of busy[at]!.members) inside.set(queue, (inside.get(queue) ?? 0) | bit);
    }
    const joined = new Map<number, Joined>();
    for (const [queue, set] of inside) {
      try {
        if (set < 0 || queue.groups!.seen >= this.first || !queue.idle) {
          queue.flush();
          continue;
        }
        const key = queue.deflater?.hasFullWindow === true ? -1 - set : set;
        let bytes = joined.get(key);
        if (bytes === undefined) {
          bytes = joinFor(queue, busy, set);
          joined.set(key, bytes);
        }
        queue.writeShared(bytes.frames, bytes.block, bytes.compressed);
      } catch (error) {
        surface(error);
      }
    }
    for (const group of busy) for (const queue of group.members) group.wrote(queue);
  }

  private giveBack(run: FrameRun): void {
    const reusable = run.clear(SPARE_BYTES);
    if (reusable && this.spare.length < SPARE_RUNS) this.spare.push(run);
  }
}

interface Joined {
  readonly frames: Uint8Array;
  readonly block: FrameRun['block'];
  readonly compressed: boolean;
}

function joinFor(queue: SendQueue, busy: readonly FrameSource[], set: number): Joined {
  const bursts = busy.filter((_, at) => at < MOST_BITS && (set & (1 << at)) !== 0).map(({ burst }) => burst!);
  const [only] = bursts;
  if (bursts.length === 1) {
    const run = only!.runFor(queue);
    return { frames: run.slice(0, only!.numbers.length), block: run.block, compressed: run.compressed };
  }
  const slices: Uint8Array[] = [];
  let compressed = false;
  inOrder(bursts, 0, (burst, from, to) => {
    const run = burst.runFor(queue);
    compressed ||= run.compressed;
    slices.push(run.slice(from, to));
  });
  return { frames: Buffer.concat(slices), block: undefined, compressed };
}

function hand(queue: SendQueue, burst: Burst, from: number, to: number): void {
  if (from >= to) return;
  const run = burst.runFor(queue);
  queue.enqueueShared(run.slice(from, to), run.block, run.compressed);
}

/** Tells the frames behind a number in the order of sending, as runs of one burst each. */
function inOrder(
  bursts: readonly Burst[],
  seen: number,
  tell: (burst: Burst, from: number, to: number) => void,
): void {
  const next = bursts.map((burst) => burst.after(seen));
  for (;;) {
    let earliest = -1;
    let number = Number.POSITIVE_INFINITY;
    let following = Number.POSITIVE_INFINITY;
    for (let at = 0; at < bursts.length; at++) {
      const one = bursts[at]!.numbers[next[at]!] ?? Number.POSITIVE_INFINITY;
      if (one < number) {
        following = number;
        number = one;
        earliest = at;
      } else if (one < following) {
        following = one;
      }
    }
    if (earliest < 0) return;
    const { numbers } = bursts[earliest]!;
    const from = next[earliest]!;
    let to = from;
    while (to < numbers.length && numbers[to]! < following) to++;
    next[earliest] = to;
    tell(bursts[earliest]!, from, to);
  }
}
