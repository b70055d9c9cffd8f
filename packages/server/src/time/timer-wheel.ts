/**
 * Many timers for the price of one: members lie in slots of a second or so, and a single timer wakes for the next slot
 * that has any. One that is put off is found out only when its old slot comes up, so that putting off costs nothing.
 */
import type { Clock } from './clock.js';

export interface WheelMember {
  /** The time is up; the member is off the wheel. Must not throw. */
  expire(): void;
  /** The wheel's own mark, where the member lies now. */
  slot?: number | undefined;
  /** The wheel's own mark, when the member is due by the monotonic clock. */
  due?: number | undefined;
}

export class TimerWheel<Member extends WheelMember = WheelMember> {
  readonly #clock: Clock;
  readonly #resolution: number;
  readonly #slots = new Map<number, Set<Member>>();
  /** The slot that the timer is set for. */
  #next = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #size = 0;

  /** @param resolution milliseconds of a slot: how late a member may expire at most; it is never early */
  constructor(clock: Clock, resolution = 1000) {
    this.#clock = clock;
    this.#resolution = resolution;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts the member on the wheel, or moves it there: it expires in so many milliseconds, unless set again before. */
  set(member: Member, ms: number): void {
    const due = this.#clock.monotonic() + ms;
    if (member.slot !== undefined) {
      member.due = due;
      // Later is the common case, and is left for the old slot to find out.
      if (this.#slotAt(due) >= member.slot) return;
      this.delete(member);
    }
    this.#size += 1;
    this.#put(member, due);
    this.#wakeFor(this.#slotAt(due));
  }

  delete(member: Member): void {
    if (member.slot === undefined) return;
    const members = this.#slots.get(member.slot);
    if (members?.delete(member) === true) this.#size -= 1;
    if (members?.size === 0) this.#slots.delete(member.slot);
    member.slot = undefined;
    member.due = undefined;
    if (this.#size === 0) this.#sleep();
  }

  /** Takes every member off, expiring none, and lets the timer go. */
  stop(): void {
    for (const members of this.#slots.values()) {
      for (const member of members) {
        member.slot = undefined;
        member.due = undefined;
      }
    }
    this.#slots.clear();
    this.#size = 0;
    this.#sleep();
  }

  /** The first slot that ends no earlier than the time. */
  #slotAt(due: number): number {
    return Math.ceil(due / this.#resolution);
  }

  #put(member: Member, due: number): void {
    const slot = this.#slotAt(due);
    member.slot = slot;
    member.due = due;
    const members = this.#slots.get(slot);
    if (members === undefined) this.#slots.set(slot, new Set([member]));
    else members.add(member);
  }

  #wakeFor(slot: number): void {
    // A timer that comes too early merely looks, and is set again.
    if (slot >= this.#next) return;
    this.#cancel?.();
    this.#next = slot;
    const wait = Math.max(slot * this.#resolution - this.#clock.monotonic(), 0);
    this.#cancel = this.#clock.after(wait, () => this.#turn());
  }

  #sleep(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#next = Number.POSITIVE_INFINITY;
  }

  #turn(): void {
    this.#sleep();
    const now = this.#clock.monotonic();
    const past = [...this.#slots.keys()]
      .filter((slot) => slot * this.#resolution <= now)
      .sort((a, b) => a - b);
    for (const slot of past) this.#empty(slot, now);
    if (this.#size > 0) this.#wakeFor(Math.min(...this.#slots.keys()));
  }

  #empty(slot: number, now: number): void {
    const members = this.#slots.get(slot);
    this.#slots.delete(slot);
    for (const member of members ?? []) {
      // What one member's end has others do may have taken this one off, or put it elsewhere.
      if (member.slot !== slot) continue;
      const { due = now } = member;
      if (due > now) {
        this.#put(member, due);
        continue;
      }
      this.#size -= 1;
      member.slot = undefined;
      member.due = undefined;
      member.expire();
    }
  }
}
