/** One who takes part: reads everything that it belongs to, and writes. */
import type { TransportName } from '@fullduplex/client';
import type { CommandQueue } from './commands.js';
import type { Journal } from './journal.js';
import type { Random } from './random.js';

export interface ParticipantOptions {
  readonly user: string;
  readonly token: string;
  /** The proxy's address. */
  readonly url: string;
  readonly transport: TransportName;
  readonly random: Random;
  readonly journal: Journal;
  /** Channels that one may be outside of at any time. */
  readonly open: ReadonlySet<string>;
}

export interface Participant {
  readonly journal: Journal;
  /** What it does besides reading; absent where there are no commands. */
  readonly commands?: CommandQueue;
  /** Begins to read; resolves when it is known from where on. */
  start(): Promise<void>;
  /** Sends until it is acknowledged or refused; where nothing is acknowledged, once. */
  send(channel: string, text: string): void;
  /** Reads on over another transport, where it can. */
  hop(transport: TransportName): void;
  /** Takes nothing from the server until the function that it gives is called. */
  pause(): () => void;
  /** Commands that were not answered yet. */
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
