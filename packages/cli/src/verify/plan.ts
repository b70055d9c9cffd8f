/**
 * What is done to the server and its clients, and when: all of it follows from the seed. It knows nothing of how it is
 * done.
 */
import type { TransportName } from '@fullduplex/client';
import { Random } from './random.js';

export type Direction = 'up' | 'down';

/** `pick` chooses among the connections that are open at the moment: from 0 up to 1, the oldest first. */
export type Fault = { /** Milliseconds from the beginning. */ readonly at: number } & (
  | { readonly kind: 'cut'; readonly pick: number }
  /** Passes so many more bytes on, and then cuts: in the middle of whatever that is. */
  | {
      readonly kind: 'cut-at-byte';
      readonly pick: number;
      readonly bytes: number;
      readonly direction: Direction;
    }
  | { readonly kind: 'cut-all' }
  | {
      readonly kind: 'stall';
      readonly pick: number;
      readonly direction: Direction;
      readonly duration: number;
    }
  /** Everything goes on in pieces of at most `size` bytes. */
  | { readonly kind: 'split'; readonly size: number; readonly duration: number }
  | { readonly kind: 'hop'; readonly participant: number; readonly transport: TransportName }
  | { readonly kind: 'pause'; readonly participant: number; readonly duration: number }
  | { readonly kind: 'burst'; readonly participant: number; readonly count: number; readonly bytes: number }
  /** Sends again, under its key, what was acknowledged already. */
  | { readonly kind: 'resend'; readonly participant: number; readonly pick: number }
  /** Edits, deletes or reacts to something of its own that was acknowledged. */
  | { readonly kind: 'edit' | 'delete' | 'react'; readonly participant: number; readonly pick: number }
  /** Marks what it has seen as read. */
  | { readonly kind: 'receipt'; readonly participant: number; readonly pick: number }
  /** Of a room that everyone may join. */
  | { readonly kind: 'join' | 'leave'; readonly participant: number; readonly pick: number }
  /** To a room that only its members see. */
  | { readonly kind: 'invite'; readonly participant: number }
  /** SIGKILL, and the same server again after `duration`. `pick` chooses among our own servers. */
  | { readonly kind: 'kill'; readonly pick: number; readonly duration: number }
  /** SIGTERM, likewise. */
  | { readonly kind: 'stop'; readonly pick: number; readonly duration: number }
  /** SIGSTOP, and SIGCONT after `duration`. */
  | { readonly kind: 'freeze'; readonly pick: number; readonly duration: number }
  /** A thread that keeps the log dies. */
  | { readonly kind: 'worker'; readonly pick: number }
  /** The database file cannot grow for so long. */
  | { readonly kind: 'full'; readonly pick: number; readonly duration: number }
  /** Likewise of the database's server. */
  | { readonly kind: 'database-kill' | 'database-restart'; readonly duration: number }
  /** Every connection between a server and its database. */
  | { readonly kind: 'database-cut'; readonly pick: number }
  /** Nothing passes between a server and its database, in one direction or in both. */
  | {
      readonly kind: 'database-stall';
      readonly pick: number;
      readonly directions: readonly Direction[];
      readonly duration: number;
    }
  /** The server's end of a connection is gone, and the database does not know it. */
  | {
      readonly kind: 'database-half-open';
      readonly pick: number;
      readonly connection: number;
      readonly duration: number;
    }
  /** Nothing is notified. */
  | { readonly kind: 'database-mute'; readonly pick: number; readonly duration: number }
);

export type FaultKind = Fault['kind'];

export const TRANSPORTS: readonly TransportName[] = ['websocket', 'sse', 'long-polling', 'polling'];

/** How often each kind comes, in relation to the others. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  cut: 10,
  'cut-at-byte': 20,
  'cut-all': 2,
  stall: 6,
  split: 4,
  hop: 14,
  pause: 5,
  burst: 3,
  resend: 6,
  edit: 5,
  delete: 4,
  react: 2,
  receipt: 4,
  join: 5,
  leave: 3,
  invite: 4,
  kill: 2,
  stop: 1,
  freeze: 2,
  worker: 3,
  full: 1,
  'database-kill': 1,
  'database-restart': 1,
  'database-cut': 3,
  'database-stall': 2,
  'database-half-open': 3,
  'database-mute': 3,
};

/** Between two faults, in milliseconds. */
const SPACING = { from: 30, to: 220 };

export interface PlanOptions {
  readonly seed: string;
  /** In milliseconds. */
  readonly duration: number;
  readonly participants: number;
  /** What can be done. */
  readonly kinds: readonly FaultKind[];
}

/** In the order of time. The same options give the same faults. */
export function planFaults({ seed, duration, participants, kinds }: PlanOptions): Fault[] {
  const random = new Random(`${seed}/faults`);
  const weighted = kinds.flatMap((kind) => Array<FaultKind>(WEIGHTS[kind]).fill(kind));
  const faults: Fault[] = [];
  let at = 500;
  while (at < duration) {
    const kind = faults.length === 0 && kinds.includes('kill') ? 'kill' : random.pick(weighted);
    faults.push(makeFault(kind, at, participants, random));
    at += random.int(SPACING.from, SPACING.to);
  }
  return faults;
}

function makeFault(kind: FaultKind, at: number, participants: number, random: Random): Fault {
  const participant = random.int(0, participants - 1);
  const pick = random.next();
  // More often the answers: a server that is wrong about what it has delivered is wrong there.
  const direction = random.pick<Direction>(['up', 'down', 'down']);
  switch (kind) {
    case 'cut':
      return { kind, at, pick };
    case 'cut-at-byte':
      // Mostly small: within a head, a length or a character rather than in the bulk.
      return { kind, at, pick, direction, bytes: Math.floor(2 ** (random.next() * 12)) - 1 };
    case 'cut-all':
      return { kind, at };
    case 'stall':
      return { kind, at, pick, direction, duration: random.int(100, 3_000) };
    case 'split':
      return { kind, at, size: random.pick([1, 2, 7, 100]), duration: random.int(200, 1_000) };
    case 'hop':
      return { kind, at, participant, transport: random.pick(TRANSPORTS) };
    case 'pause':
      return { kind, at, participant, duration: random.int(300, 3_000) };
    case 'burst':
      return { kind, at, participant, count: random.int(20, 60), bytes: random.pick([100, 2_000, 8_000]) };
    case 'resend':
      return { kind, at, participant, pick };
    case 'edit':
    case 'delete':
    case 'react':
    case 'receipt':
    case 'join':
    case 'leave':
      return { kind, at, participant, pick };
    case 'invite':
      return { kind, at, participant };
    case 'kill':
    case 'stop':
      return { kind, at, pick, duration: random.int(0, 800) };
    case 'freeze':
      return { kind, at, pick, duration: random.int(100, 3_000) };
    case 'worker':
    case 'database-cut':
      return { kind, at, pick };
    case 'full':
      return { kind, at, pick, duration: random.int(500, 2_000) };
    case 'database-kill':
    case 'database-restart':
      return { kind, at, duration: random.int(0, 1_500) };
    case 'database-stall': {
      const directions = random.pick<readonly Direction[]>([['up'], ['down'], ['up', 'down']]);
      return { kind, at, pick, directions, duration: random.int(100, 7_000) };
    }
    case 'database-half-open':
      return { kind, at, pick, connection: random.next(), duration: random.int(100, 4_000) };
    case 'database-mute':
      return { kind, at, pick, duration: random.int(500, 4_000) };
  }
}
