/** One who takes part: reads everything that it belongs to, and writes. */
import type { TransportName } from '@fullduplex/client';
import type { Journal, Sent } from './journal.js';
import type { Random } from './random.js';

export interface ParticipantOptions {
  readonly user: string;
  readonly token: string;
  /** The proxy's address. */
  readonly url: string;
  readonly transport: TransportName;
  readonly random: Random;
  readonly journal: Journal;
}

export interface Participant {
  readonly journal: Journal;
  /** Begins to read; resolves when the baseline is known. */
  start(): Promise<void>;
  /** Sends until it is acknowledged or refused. */
  send(channel: string, text: string): void;
  /** Sends what was acknowledged already once more. */
  resend(sent: Sent): void;
  /** Joins a room, however long it takes. */
  join(channel: string): void;
  /** Reads on over another transport, where it can. */
  hop(transport: TransportName): void;
  /** Takes nothing from the server until the function that it gives is called. */
  pause(): () => void;
  /** Messages and joins that were not answered yet. */
  readonly pending: number;
  /** Says goodbye. */
  close(): Promise<void>;
}

/** Resolves after so many milliseconds, or when the signal says so. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done);
  });
}

/** Things that are closed and opened again. */
export class Gate {
  #closed = 0;
  #waiting: (() => void)[] = [];

  close(): () => void {
    this.#closed += 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.#closed -= 1;
      if (this.#closed > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  get open(): boolean {
    return this.#closed === 0;
  }

  passed(): Promise<void> {
    if (this.open) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
