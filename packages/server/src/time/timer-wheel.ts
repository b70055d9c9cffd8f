/**
 * Many timers for the price of one: members are kept in slots of a second or so, and a single timer turns the wheel.
 * Meant for thousands of connections that each wait for about the same time; it is late by up to one slot, never early.
 */
import type { Clock } from './clock.js';

export interface WheelMember {
  /** The time is up; the member is off the wheel. Must not throw. */
  expire(): void;
  /** The wheel's own mark, where the member is now. */
  slot?: number | undefined;
}

export class TimerWheel<Member extends WheelMember = WheelMember> {
  readonly #clock: Clock;
  readonly #resolution: number;
  readonly #slots = new Map<number, Set<Member>>();
  #turned: number;
  #stop: (() => void) | undefined;
  #size = 0;

  /** @param resolution milliseconds of a slot */
  constructor(clock: Clock, resolution = 1000) {
    this.#clock = clock;
    this.#resolution = resolution;
    this.#turned = this.#now();
  }

  get size(): number {
    return this.#size;
  }

  /** Puts the member on the wheel, or moves it there. */
  set(member: Member, ms: number): void {
    this.delete(member);
    if (this.#stop === undefined) this.#turned = this.#now();
    const slot = Math.floor((this.#clock.now() + ms) / this.#resolution) + 1;
    let members = this.#slots.get(slot);
    if (members === undefined) {
      members = new Set();
      this.#slots.set(slot, members);
    }
    members.add(member);
    member.slot = slot;
    this.#size += 1;
    this.#arm();
  }

  delete(member: Member): void {
    if (member.slot === undefined) return;
    const members = this.#slots.get(member.slot);
    if (members?.delete(member) === true) this.#size -= 1;
    if (members?.size === 0) this.#slots.delete(member.slot);
    member.slot = undefined;
    if (this.#size === 0) this.stop();
  }

  /** Lets the timer go; members stay where they are until another is set. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #now(): number {
    return Math.floor(this.#clock.now() / this.#resolution);
  }

  #arm(): void {
    if (this.#stop !== undefined || this.#size === 0) return;
    this.#stop = this.#clock.after(this.#resolution, () => {
      this.#stop = undefined;
      this.#turn();
      this.#arm();
    });
  }

  #turn(): void {
    const now = this.#now();
    // After a long sleep (a suspended laptop) there may be fewer slots than seconds that passed.
    const due =
      now - this.#turned > this.#slots.size
        ? [...this.#slots.keys()].filter((slot) => slot <= now).sort((a, b) => a - b)
        : Array.from({ length: now - this.#turned }, (_, index) => this.#turned + 1 + index);
    this.#turned = now;
    for (const slot of due) {
      const members = this.#slots.get(slot);
      if (members === undefined) continue;
      this.#slots.delete(slot);
      this.#size -= members.size;
      for (const member of members) member.slot = undefined;
      for (const member of members) member.expire();
    }
  }
}
