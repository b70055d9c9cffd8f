/**
 * Finds out which peers are gone without a word: one that is silent is pinged, and one that stays silent is given up.
 * One timer serves all connections of a server.
 */

export interface KeepaliveOptions {
  /** Milliseconds of silence after which a ping is sent. */
  readonly interval: number;
  /** Milliseconds after that within which something must come. `interval` by default. */
  readonly timeout?: number;
}

/** A connection as it is watched. */
export interface Watched {
  /** Whether something came since this was last asked. */
  heard(): boolean;
  ping(): void;
  giveUp(): void;
}

export class Keepalive {
  private readonly interval: number;
  private readonly timeout: number;
  private readonly step: number;
  /** Milliseconds of silence of each. */
  private readonly silences = new Map<Watched, number>();
  private timer: NodeJS.Timeout | undefined = undefined;

  /** @throws RangeError - a time is not positive */
  constructor({ interval, timeout = interval }: KeepaliveOptions) {
    if (!(interval > 0) || !(timeout > 0)) throw new RangeError('The times of keepalive must be positive');
    this.interval = interval;
    this.timeout = timeout;
    // Looked at four times in the shorter one, silence is told to a quarter of it.
    this.step = Math.max(1, Math.min(interval, timeout) / 4);
  }

  add(watched: Watched): void {
    this.silences.set(watched, 0);
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => this.look(), this.step);
    this.timer.unref();
  }

  delete(watched: Watched): void {
    this.silences.delete(watched);
    if (this.silences.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    for (const [watched, silence] of this.silences) {
      if (watched.heard()) {
        this.silences.set(watched, 0);
        continue;
      }
      const now = silence + this.step;
      this.silences.set(watched, now);
      if (now >= this.interval + this.timeout) watched.giveUp();
      else if (now >= this.interval && silence < this.interval) watched.ping();
    }
  }
}
