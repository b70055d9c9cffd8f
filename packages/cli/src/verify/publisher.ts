/** A back end that publishes to a feed with the API key. It reads nothing. */
import { CommandQueue, Refusal } from './commands.js';
import type { Journal } from './journal.js';
import type { Participant } from './participant.js';
import type { Random } from './random.js';

/** How long an answer may take, in milliseconds. */
const PATIENCE = 4_000;

export interface PublisherOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly random: Random;
  readonly journal: Journal;
}

export class Publisher implements Participant {
  readonly journal: Journal;
  readonly #queue: CommandQueue;
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.journal = options.journal;
    const run = (_method: string, params: unknown) => this.#publish(params as Message);
    this.#queue = new CommandQueue({ ...options, run, open: new Set() });
  }

  async start(): Promise<void> {}

  send(channel: string, text: string): void {
    this.#queue.send(channel, text);
  }

  hop(): void {}

  pause(): () => void {
    return () => {};
  }

  get pending(): number {
    return this.#queue.pending;
  }

  async close(): Promise<void> {
    this.#queue.close();
  }

  async #publish({ channel, key, text }: Message): Promise<unknown> {
    const { url, apiKey, journal } = this.#options;
    const response = await fetch(`${url}/api/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `ApiKey ${apiKey}` },
      body: JSON.stringify({ channel, key, sender: journal.user, data: { type: 'message', text } }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const answer = (await response.json()) as { error?: { code: string; retryable: boolean } };
    if (answer.error) throw new Refusal(answer.error.code, answer.error.retryable);
    return answer;
  }
}

interface Message {
  readonly channel: string;
  readonly key: string;
  readonly text: string;
}
