/**
 * What the three transports over HTTP share: requests to `/api/sync`, the place that one goes on from, and how an answer
 * is reported. It must not know how long a request is held, or what is done when one fails.
 */
import type { ChannelPublication, CommandResults, Gap, SyncAnswer } from '@fullduplex/wire';
import { badAnswer } from '../errors.js';
import { requestJson } from '../http.js';
import { ClientError } from '../types.js';
import { type Ending, PLACE_ERRORS, type Sink, TOKEN_ERRORS, type TransportContext } from './transport.js';

export class SyncReader {
  readonly #context: TransportContext;
  readonly #sink: Sink;
  readonly #session: string;
  readonly #controller = new AbortController();
  /** Channels that were asked for, and of which it was reported where they stand. */
  readonly #named = new Set<string>();
  #cursor: string | undefined;
  #opened = false;
  #ended = false;
  /** A server that takes no cursor at all is not asked for one after the other. */
  #forgotten = false;

  constructor(context: TransportContext, sink: Sink) {
    this.#context = context;
    this.#sink = sink;
    this.#cursor = context.cursor;
    // Of its own: two transports at once, while one replaces the other, must not release each other's requests.
    this.#session = context.newId();
  }

  /** Aborted when the transport is closed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get opened(): boolean {
    return this.#opened;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Where the next request goes on from; `undefined` asks for the snapshot. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  close(): void {
    this.#ended = true;
    this.#controller.abort();
  }

  /** Reports why the transport ended, if it was not closed. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.close();
    this.#sink({ type: 'closed', ending: endingOf(error) });
    // A mistake of ours ends the transport as well, and is for the app to see.
    if (!(error instanceof ClientError)) throw error;
  }

  /** Whether the error was about the cursor, which then is given up for a snapshot; but only once. */
  forgetCursor(error: unknown): boolean {
    if (this.#forgotten || !(error instanceof ClientError) || !PLACE_ERRORS.has(error.code)) return false;
    this.#forgotten = true;
    this.#cursor = undefined;
    return true;
  }

  /** What comes after the cursor; without one, the snapshot. */
  async ask(wait: number, signal: AbortSignal): Promise<SyncAnswer> {
    const { http, token, timing } = this.#context;
    const timeout = wait * 1000 + timing.timeout;
    const answer = await requestJson(http, { path: this.path(wait), token, signal, timeout });
    if (!isSyncAnswer(answer)) {
      throw badAnswer('The server did not answer with what sync answers.');
    }
    return answer;
  }

  path(wait: number, cursor = this.#cursor): string {
    const { follow, asked } = this.#context;
    const query = new URLSearchParams({ session: this.#session });
    if (wait > 0 && cursor !== undefined) query.set('wait', String(wait));
    if (follow === 'none') query.set('mine', '0');
    if (cursor !== undefined) {
      query.set('cursor', cursor);
      for (const { channel } of asked()) if (this.#named.has(channel)) query.append('channel', channel);
    }
    return `api/sync?${query}`;
  }

  /** Whether channels were asked for that no request has named yet. */
  get unnamed(): boolean {
    return this.#context.asked().some(({ channel }) => !this.#named.has(channel));
  }

  /**
   * Reports of channels newly asked for where they stand; from then on each request names them. In this order, so that
   * nobody is told what came between the cursor and the asking.
   */
  async name(): Promise<void> {
    const asked = this.#context.asked();
    for (const channel of this.#named) {
      if (!asked.some((one) => one.channel === channel)) this.#named.delete(channel);
    }
    for (const { channel } of asked) {
      if (this.#ended) return;
      if (!this.#named.has(channel)) await this.#start(channel);
    }
  }

  async #start(channel: string): Promise<void> {
    try {
      const { epoch, offset } = await this.#head(channel);
      if (this.#ended) return;
      this.#named.add(channel);
      const start = { epoch, offset, recovered: false, publications: [] };
      this.#sink({ type: 'started', channel, start });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (!this.#ended) this.#sink({ type: 'refused', channel, error });
    }
  }

  /**
   * A request may be refused for one of the channels that it named. Finds those, and says so.
   *
   * @returns whether there are any: then the same request without them may do
   */
  async weedOut(error: unknown): Promise<boolean> {
    if (!isRefusal(error)) return false;
    let found = false;
    for (const channel of this.#named) {
      const refusal = await this.#head(channel).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      if (!isRefusal(refusal) || this.#ended) continue;
      this.#named.delete(channel);
      this.#sink({ type: 'refused', channel, error: refusal });
      found = true;
    }
    return found;
  }

  async #head(channel: string): Promise<CommandResults['channel.history']> {
    const { http, token, timing } = this.#context;
    const answer = await requestJson(http, {
      path: 'api/commands/channel.history',
      token,
      body: { channel, limit: 1 },
      signal: this.signal,
      timeout: timing.timeout,
    });
    return answer as CommandResults['channel.history'];
  }

  /** Says that the transport reads, the first time; a snapshot says anew what the user belongs to. */
  open(answer?: SyncAnswer): void {
    const snapshot = answer?.snapshot;
    if (this.#ended || (this.#opened && !snapshot)) return;
    this.#opened = true;
    if (!answer || !snapshot) {
      this.#sink({ type: 'opened' });
      return;
    }
    const { user, channels, more = false } = snapshot;
    this.#sink({ type: 'opened', user, beginning: { cursor: answer.cursor, channels, more } });
  }

  /** Reports what an answer holds, and goes on behind it. */
  deliver(answer: SyncAnswer): void {
    this.open(answer);
    for (const gap of answer.gaps) this.gap(gap);
    for (const publication of answer.publications) this.publication(publication);
    this.reach(answer.cursor);
  }

  gap(gap: Gap): void {
    if (!this.#ended) this.#sink({ type: 'gap', gap });
  }

  publication({ channel, epoch, ...publication }: ChannelPublication): void {
    if (!this.#ended) this.#sink({ type: 'publication', channel, epoch, publication });
  }

  /** Everything before this was reported. */
  reach(cursor: string): void {
    if (this.#ended || cursor === '' || cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#sink({ type: 'reached', cursor });
  }
}

/** Whether it was refused for what was asked, and would be the next time. */
function isRefusal(error: unknown): error is ClientError {
  return error instanceof ClientError && !error.retryable && !TOKEN_ERRORS.has(error.code);
}

function isSyncAnswer(value: unknown): value is SyncAnswer {
  const answer = value as Partial<SyncAnswer> | null;
  return (
    typeof answer === 'object' &&
    typeof answer?.cursor === 'string' &&
    Array.isArray(answer.publications) &&
    Array.isArray(answer.gaps)
  );
}

function endingOf(error: unknown): Ending {
  if (!(error instanceof ClientError)) return { kind: 'retry', reason: 'The client failed.' };
  return { kind: TOKEN_ERRORS.has(error.code) ? 'token' : 'retry', reason: error.message };
}
