/**
 * Decides what is told of a user's coming into a channel and leaving it, so that it is told once however many nodes the
 * user is on: coming when no node had the user, leaving when none has. Beside other nodes a decision waits a moment for
 * what they say, and a seat that was left stays for as long, so that who comes meanwhile takes over without a word.
 */
import { SEAT_HERE, SEAT_LEAVING, SEAT_TOLD } from '../broker/broker.js';
import type { Clock } from '../time/clock.js';
import type { Attendance, Lease, OwnUser, Seat } from './attendance.js';

export interface TellerOptions {
  readonly node: string;
  readonly clock: Clock;
  /** How long a decision waits for what other nodes say, in milliseconds. */
  readonly settle: number;
  /** Whether there are no other nodes: then nothing waits. */
  readonly alone: () => boolean;
  readonly attendance: Attendance;
  /** Something of the seat changed that others are told of. */
  readonly seated: (user: OwnUser, channel: string) => void;
  readonly tell: (what: 'joined' | 'left', user: OwnUser, channel: string, lease: Lease) => void;
}

interface Decision {
  readonly user: OwnUser;
  readonly channel: string;
  readonly seat: Seat;
  readonly due: number;
}

/** What a seat is, as other nodes are told. */
export function flagsOf(seat: Seat): number {
  return (seat.clients > 0 ? SEAT_HERE : SEAT_LEAVING) | (seat.told ? SEAT_TOLD : 0);
}

export class Teller {
  readonly #options: TellerOptions;
  /** By due time, since all wait equally long. */
  #queue: Decision[] = [];
  #cancel: (() => void) | undefined;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** The user's first client came into the channel on this node, or the last one left it. */
  turned(user: OwnUser, channel: string, seat: Seat): void {
    if (seat.pending) return;
    if (this.#options.alone()) {
      // Nobody is to be waited for.
      this.#decide(user, channel, seat);
      return;
    }
    this.#later(user, channel, seat);
  }

  /** What other nodes say of the user in the channel changed. */
  viewed(user: OwnUser, channel: string): void {
    const seat = user.seats.get(channel);
    if (seat === undefined || seat.clients === 0 || seat.told) return;
    if (seatsElsewhere(user, channel).some(({ flags }) => isTold(flags)))
      this.#mark(user, channel, seat, true);
  }

  /** Another node told of the user's coming or leaving. */
  heard(what: 'joined' | 'left', user: OwnUser, channel: string): void {
    const seat = user.seats.get(channel);
    if (seat === undefined) return;
    if (what === 'joined') {
      if (seat.clients > 0) this.#mark(user, channel, seat, true);
      return;
    }
    this.#mark(user, channel, seat, false);
    // It was told too early: the user is here, and that is to be told again.
    if (seat.clients > 0) this.#later(user, channel, seat);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#queue = [];
  }

  #later(user: OwnUser, channel: string, seat: Seat): void {
    if (seat.pending) return;
    seat.pending = true;
    const due = this.#options.clock.monotonic() + this.#options.settle;
    this.#queue.push({ user, channel, seat, due });
    this.#wait();
  }

  #wait(): void {
    const [next] = this.#queue;
    if (this.#cancel !== undefined || next === undefined) return;
    const { clock } = this.#options;
    this.#cancel = clock.after(Math.max(next.due - clock.monotonic(), 0), () => {
      this.#cancel = undefined;
      this.#settle();
      this.#wait();
    });
  }

  #settle(): void {
    const now = this.#options.clock.monotonic();
    const later = this.#queue.findIndex(({ due }) => due > now);
    const due = this.#queue.splice(0, later === -1 ? this.#queue.length : later);
    for (const { user, channel, seat } of due) {
      seat.pending = false;
      this.#decide(user, channel, seat);
    }
  }

  #decide(user: OwnUser, channel: string, seat: Seat): void {
    if (seat.clients > 0) this.#decideJoined(user, channel, seat);
    else this.#decideLeft(user, channel, seat);
  }

  #decideJoined(user: OwnUser, channel: string, seat: Seat): void {
    if (seat.told) return;
    // Two that came at the same time: the first of them tells, if it stays.
    const others = seatsElsewhere(user, channel).filter(({ node }) => this.#before(node));
    if (others.some(({ flags }) => isHere(flags))) {
      this.#later(user, channel, seat);
      return;
    }
    this.#mark(user, channel, seat, true);
    this.#options.tell('joined', user, channel, seat.lease);
  }

  #decideLeft(user: OwnUser, channel: string, seat: Seat): void {
    const others = seatsElsewhere(user, channel);
    const { told, lease } = seat;
    this.#options.attendance.drop(user, channel);
    if (!told || others.some(({ flags }) => isHere(flags))) return;
    // Where the last ones leave together the first of them tells, as long as it has not: then its seat is gone.
    if (others.some(({ node, flags }) => this.#before(node) && isTold(flags))) return;
    this.#options.tell('left', user, channel, lease);
  }

  #mark(user: OwnUser, channel: string, seat: Seat, told: boolean): void {
    if (seat.told === told) return;
    seat.told = told;
    this.#options.seated(user, channel);
  }

  #before(node: string): boolean {
    return node < this.#options.node;
  }
}

function isTold(flags: number): boolean {
  return (flags & SEAT_TOLD) !== 0;
}

function isHere(flags: number): boolean {
  return (flags & SEAT_HERE) !== 0;
}

const NONE: readonly SeatElsewhere[] = [];

interface SeatElsewhere {
  readonly node: string;
  readonly flags: number;
}

function seatsElsewhere(user: OwnUser, channel: string): readonly SeatElsewhere[] {
  if (user.views.size === 0) return NONE;
  const seats: SeatElsewhere[] = [];
  for (const [node, view] of user.views) {
    const seat = view.seats.get(channel);
    if (seat !== undefined) seats.push({ node, flags: seat.flags });
  }
  return seats;
}
