/** One request and its answer, as the sync transports see them: over `node:http`, or over a connection of our own. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ExchangeRequest {
  readonly method: string;
  readonly url: string;
  /** Only what sync asks for; names in lower case. */
  readonly headers: Readonly<Partial<Record<SyncHeader, string>>>;
}

export const SYNC_HEADERS = ['host', 'origin', 'authorization', 'accept', 'last-event-id'] as const;
export type SyncHeader = (typeof SYNC_HEADERS)[number];

export type AnswerHeaders = Readonly<Record<string, string>>;

export interface Exchange {
  /** Whether the answer has begun. */
  readonly begun: boolean;
  /** Whether the caller left. */
  readonly gone: boolean;
  /** Bytes of the answer that are not written yet. */
  readonly backlog: number;
  /** The whole answer. */
  answer(status: number, headers: AnswerHeaders, body: string): void;
  /** An answer that goes on until `finish`. */
  begin(headers: AnswerHeaders): void;
  write(text: string): void;
  finish(): void;
  /** Called once when the caller left, or the answer is over; at once where the caller is gone. */
  onEnd(listener: () => void): void;
  /** Called whenever everything is written. */
  onDrain(listener: () => void): void;
}

export class NodeExchange implements Exchange {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  static request(message: IncomingMessage): ExchangeRequest {
    const headers: Partial<Record<SyncHeader, string>> = {};
    for (const name of SYNC_HEADERS) {
      const value = message.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    return { method: message.method ?? 'GET', url: message.url ?? '/', headers };
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  get gone(): boolean {
    return this.#response.destroyed;
  }

  get backlog(): number {
    return this.#response.writableLength;
  }

  answer(status: number, headers: AnswerHeaders, body: string): void {
    // An answer without content has no length either (RFC 9110, 8.6).
    const length = status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    this.#response.writeHead(status, { ...headers, ...length });
    this.#response.end(body);
  }

  begin(headers: AnswerHeaders): void {
    this.#response.writeHead(200, headers);
    this.#response.flushHeaders();
  }

  write(text: string): void {
    this.#response.write(text);
  }

  finish(): void {
    this.#response.end();
  }

  onEnd(listener: () => void): void {
    if (this.gone) listener();
    else this.#response.once('close', listener);
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener);
  }
}
