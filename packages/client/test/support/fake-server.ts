/** `fetch` as a test drives it: every request waits to be looked at and answered. */
import type { SyncAnswer } from '@fullduplex/wire';
import { settled } from './fake-clock.js';

export class FakeRequest {
  readonly url: URL;
  readonly init: RequestInit;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  aborted = false;
  answered = false;

  constructor(
    url: URL,
    init: RequestInit,
    resolve: (response: Response) => void,
    reject: (error: unknown) => void,
  ) {
    this.url = url;
    this.init = init;
    this.#resolve = resolve;
    this.#reject = reject;
    const abort = (): void => {
      this.aborted = true;
      reject(new DOMException('aborted', 'AbortError'));
      try {
        this.#stream?.error(new DOMException('aborted', 'AbortError'));
      } catch {
        // It had ended before.
      }
    };
    if (init.signal?.aborted) abort();
    init.signal?.addEventListener('abort', abort);
  }

  get path(): string {
    return this.url.pathname;
  }

  /** The query, its session left out. */
  get query(): string {
    const query = new URLSearchParams(this.url.search);
    query.delete('session');
    return query.toString();
  }

  get body(): unknown {
    return this.init.body === undefined ? undefined : JSON.parse(this.init.body as string);
  }

  header(name: string): string | null {
    return new Headers(this.init.headers).get(name);
  }

  async answers(body: unknown, status = 200): Promise<void> {
    this.answered = true;
    this.#resolve(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
    await settled();
  }

  syncs(cursor: string, answer: Partial<SyncAnswer> = {}): Promise<void> {
    return this.answers({ cursor, publications: [], gaps: [], ...answer });
  }

  refuses(code: string, status: number, retryable = false): Promise<void> {
    return this.answers({ error: { code, message: `It is ${code}.`, retryable } }, status);
  }

  async fails(): Promise<void> {
    this.answered = true;
    this.#reject(new TypeError('fetch failed'));
    await settled();
  }

  /** Answers with a stream, whose bytes come by `sends`. */
  async streams(type = 'text/event-stream; charset=utf-8'): Promise<void> {
    this.answered = true;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
      },
    });
    this.#resolve(new Response(body, { headers: { 'content-type': type } }));
    await settled();
  }

  async sends(text: string): Promise<void> {
    this.#stream?.enqueue(new TextEncoder().encode(text));
    await settled();
  }

  async ends(): Promise<void> {
    this.#stream?.close();
    await settled();
  }

  async breaks(): Promise<void> {
    this.#stream?.error(new TypeError('terminated'));
    await settled();
  }
}

export class FakeServer {
  readonly requests: FakeRequest[] = [];

  readonly fetch: typeof fetch = (input, init = {}) =>
    new Promise((resolve, reject) => {
      this.requests.push(new FakeRequest(new URL(input as URL), init, resolve, reject));
    });

  get last(): FakeRequest {
    return this.requests.at(-1)!;
  }
}
