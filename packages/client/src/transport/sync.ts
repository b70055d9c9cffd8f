/**
 * What the three transports over HTTP share: requests to `/api/sync`, the cursor that they hand on to each other, and
 * how an answer is reported. It must not know how long a request is held, or what is done when one fails.
 */
import type { ChannelPublication, CommandResults, Gap, SyncAnswer } from '@fullduplex/wire';
import { badAnswer } from '../errors.js';
import { requestJson } from '../http.js';
import { ClientError } from '../types.js';
import {
  type ChannelStart,
  type Ending,
  type Sink,
  TOKEN_ERRORS,
  type TransportContext,
} from './transport.js';

export class SyncReader {
  readonly #context: TransportContext;
  readonly #sink: Sink;
  readonly #session: string;
  readonly #controller = new AbortController();
  /** Channels that were asked for by name and that the cursor knows. */
  readonly #joined = new Set<string>();
  #opened = false;
  #ended = false;
  /** A server that takes no cursor at all is not asked for one after the other. */
  #forgotten = false;

  constructor(context: TransportContext, sink: Sink) {
    this.#context = context;
    this.#sink = sink;
    // Of its own: two transports at once, while one replaces the other, must not release each other's requests.
    this.#session = context.newId();
  }

  /** Aborted when the transport is closed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get ended(): boolean {
    return this.#ended;
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

  /** The snapshot, where there is no cursor to go on from. */
  async snapshot(): Promise<SyncAnswer | undefined> {
    if (this.#context.cursor.value !== undefined) return undefined;
    this.#joined.clear();
    return this.ask(0, this.signal);
  }

  /** Whether the error was about the cursor, which then is given up for a snapshot; but only once. */
  forgetCursor(error: unknown): boolean {
    if (this.#forgotten || !(error instanceof ClientError) || error.code !== 'invalid_cursor') return false;
    this.#forgotten = true;
    this.dropCursor();
    return true;
  }

  dropCursor(): void {
    delete this.#context.cursor.value;
    this.#joined.clear();
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

  path(wait: number, cursor = this.#context.cursor.value): string {
    const { follow, followed } = this.#context;
    const query = new URLSearchParams({ session: this.#session });
    if (wait > 0) query.set('wait', String(wait));
    if (follow === 'none') query.set('mine', '0');
    if (cursor !== undefined) {
      query.set('cursor', cursor);
      for (const { channel, asked } of followed()) if (asked) query.append('channel', channel);
    }
    return `api/sync?${query}`;
  }

  /** Channels asked for by name since the last time; the next request makes the cursor know them. */
  unjoined(): string[] {
    return this.#context
      .followed()
      .filter(({ channel, asked }) => asked && !this.#joined.has(channel))
      .map(({ channel }) => channel);
  }

  /** Says where these channels stand, now that the cursor knows them. */
  async start(channels: readonly string[]): Promise<void> {
    for (const channel of channels) {
      this.#joined.add(channel);
      const start = unread(await this.#head(channel));
      if (!this.#ended) this.#sink({ type: 'started', channel, start });
    }
  }

  /**
   * A request may be refused for one of the channels that were asked for by name. Finds those, and says so.
   *
   * @returns whether there are any: then the same request without them may do
   */
  async weedOut(error: unknown): Promise<boolean> {
    if (!(error instanceof ClientError) || error.retryable || TOKEN_ERRORS.has(error.code)) return false;
    const { followed } = this.#context;
    let found = false;
    for (const { channel, asked } of followed()) {
      if (!asked) continue;
      const refusal = await this.#head(channel).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      if (!(refusal instanceof ClientError) || refusal.retryable || this.#ended) continue;
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

  /** Says that the transport reads, the first time; a later snapshot says anew what the user belongs to. */
  open(snapshot: SyncAnswer['snapshot']): void {
    if (this.#ended || (this.#opened && !snapshot)) return;
    this.#opened = true;
    const { follow } = this.#context;
    const mine = Object.entries(snapshot?.channels ?? {}).map(
      ([channel, head]) => [channel, unread(head)] as const,
    );
    this.#sink({
      type: 'opened',
      ...(snapshot && { user: snapshot.user }),
      ...(snapshot && follow === 'mine' && { mine: Object.fromEntries(mine) }),
    });
  }

  /** Reports what an answer holds, and moves the cursor behind it. */
  deliver(answer: SyncAnswer): void {
    this.open(answer.snapshot);
    for (const gap of answer.gaps) this.gap(gap);
    for (const publication of answer.publications) this.publication(publication);
    if (!this.#ended) this.#context.cursor.value = answer.cursor;
  }

  /** @param cursor where the answer goes on behind it, if it says so */
  gap(gap: Gap, cursor?: string): void {
    if (this.#ended) return;
    this.#sink({ type: 'gap', gap });
    if (cursor) this.#context.cursor.value = cursor;
  }

  publication({ channel, epoch, ...publication }: ChannelPublication, cursor?: string): void {
    if (this.#ended) return;
    this.#sink({ type: 'publications', channel, epoch, publications: [publication] });
    if (cursor) this.#context.cursor.value = cursor;
  }
}

function unread({ epoch, offset }: { readonly epoch: string; readonly offset: number }): ChannelStart {
  return { epoch, offset, recovered: false, publications: [] };
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
