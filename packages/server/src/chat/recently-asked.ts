/** Keeps memberships that somebody asked for from being let go for a while, with one timer for all of them. */
import type { Memberships } from '../delivery/memberships.js';
import type { ChatClock } from './context.js';

/** The least that each is kept, in milliseconds; the most is twice as long. */
const KEPT = 60_000;

export class RecentlyAsked {
  readonly #clock: Pick<ChatClock, 'after'>;
  /** What ends the watching of each. */
  #now = new Map<Memberships, () => void>();
  #before = new Map<Memberships, () => void>();
  #isTurning = false;

  constructor(clock: Pick<ChatClock, 'after'>) {
    this.#clock = clock;
  }

  keep(memberships: Memberships): void {
    if (this.#now.has(memberships)) return;
    this.#now.set(
      memberships,
      memberships.watch(() => {}),
    );
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#clock.after(KEPT, () => this.#turn());
  }

  #turn(): void {
    for (const release of this.#before.values()) release();
    this.#before = this.#now;
    this.#now = new Map();
    this.#isTurning = this.#before.size > 0;
    if (this.#isTurning) this.#clock.after(KEPT, () => this.#turn());
  }
}
