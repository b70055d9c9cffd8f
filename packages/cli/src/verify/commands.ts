/**
 * Commands that are run until they are answered: one after the other, each again after every failure that may pass.
 * It must not know over what they go.
 */
import type { Position } from '@fullduplex/wire';
import type { Journal, Sent } from './journal.js';
import { sleep } from './participant.js';
import type { Random } from './random.js';

/** Runs one command once. */
export type Run = (method: string, params: unknown) => Promise<unknown>;

/** A command that the server answered with an error. */
export class Refusal extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, retryable: boolean) {
    super(`The server answered ${code}.`);
    this.code = code;
    this.retryable = retryable;
  }
}

interface Appended {
  readonly position: Position;
  readonly duplicate: boolean;
}

export class CommandQueue {
  readonly #run: Run;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #queue: (() => Promise<void>)[] = [];
  #busy = false;
  #closed = false;

  constructor(run: Run, journal: Journal, random: Random) {
    this.#run = run;
    this.#journal = journal;
    this.#random = random;
  }

  get pending(): number {
    return this.#queue.length + (this.#busy ? 1 : 0);
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
  }

  send(channel: string, text: string): void {
    const { user, sent: before } = this.#journal;
    const sent: Sent = { channel, key: `${user}-${before.length}`, text, acknowledged: [] };
    before.push(sent);
    this.resend(sent);
  }

  resend(sent: Sent): void {
    const { channel, key, text } = sent;
    this.#add(
      'message.send',
      { channel, key, text },
      {
        answer: (answer) => sent.acknowledged.push(answer as Appended),
        refused: (code) => {
          sent.refused = code;
        },
      },
    );
  }

  join(channel: string): void {
    this.#add(
      'room.join',
      { channel },
      {
        answer: (answer) => this.#journal.joined.push({ channel, ...(answer as { position: Position }) }),
        refused: (code) => this.#journal.complain(`joining ${channel} was refused: ${code}`),
      },
    );
  }

  #add(
    method: string,
    params: unknown,
    { answer, refused }: { answer: (answer: unknown) => void; refused: (code: string) => void },
  ): void {
    this.#queue.push(async () => {
      while (!this.#closed) {
        try {
          answer(await this.#run(method, params));
          return;
        } catch (error) {
          if (error instanceof Refusal && !error.retryable) {
            refused(error.code);
            return;
          }
          await sleep(this.#random.int(20, 200));
        }
      }
    });
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) await task();
    this.#busy = false;
  }
}
