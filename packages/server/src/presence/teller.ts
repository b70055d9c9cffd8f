/**
 * Decides what is told of a user's coming into a channel and leaving it, so that it is told once however many nodes the
 * user is on: coming when no node had the user, leaving when none has. Beside other nodes a decision waits a moment for
 * what they say. One node holds what was told, and tells of the leaving; it hands that over silently.
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
  readonly tell: (what: 'joined' | 'left', channel: string, lease: Lease) => void;
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
      this.#decide(user, channel, seat);
      return;
    }
    seat.pending = true;
    const due = this.#options.clock.monotonic() + this.#options.settle;
    this.#queue.push({ user, channel, seat, due });
    this.#wait();
  }

  /** What other nodes say of the user in the channel changed. */
  viewed(user: OwnUser, channel: string): void {
    const seat = user.seats.get(channel);
    if (seat === undefined || seat.clients === 0 || seat.told) return;
    const others = seatsElsewhere(user, channel);
    if (others.some(({ flags }) => (flags & SEAT_TOLD) !== 0)) {
      seat.settled = true;
    } else if (seat.settled && !others.some(({ node, flags }) => this.#before(node) && isHere(flags))) {
      // Who held it is gone, or left it to this node.
      seat.told = true;
      this.#options.seated(user, channel);
    }
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#queue = [];
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
    if (seat.told || seat.settled) return;
    seat.settled = true;
    const others = seatsElsewhere(user, channel);
    if (others.some(({ flags }) => (flags & SEAT_TOLD) !== 0)) return;
    // Two that came at the same time: the first of them tells.
    if (others.some(({ node, flags }) => this.#before(node) && isHere(flags))) return;
    seat.told = true;
    this.#options.seated(user, channel);
    this.#options.tell('joined', channel, seat.lease);
  }

  #decideLeft(user: OwnUser, channel: string, seat: Seat): void {
    const others = seatsElsewhere(user, channel);
    const { told, settled, lease } = seat;
    this.#options.attendance.drop(user, channel);
    if (!settled || others.some(({ flags }) => isHere(flags))) return;
    const holders = others.filter(({ flags }) => (flags & SEAT_TOLD) !== 0);
    // Where the last ones leave together, one tells: of those who hold it, or else of all, the first.
    const rivals = told ? holders : others;
    if (!told && holders.length > 0) return;
    if (rivals.some(({ node }) => this.#before(node))) return;
    this.#options.tell('left', channel, lease);
  }

  #before(node: string): boolean {
    return node < this.#options.node;
  }
}

function isHere(flags: number): boolean {
  return (flags & SEAT_HERE) !== 0;
}

function seatsElsewhere(user: OwnUser, channel: string): { node: string; flags: number }[] {
  const seats: { node: string; flags: number }[] = [];
  for (const [node, view] of user.views) {
    const seat = view.seats.get(channel);
    if (seat !== undefined) seats.push({ node, flags: seat.flags });
  }
  return seats;
}
