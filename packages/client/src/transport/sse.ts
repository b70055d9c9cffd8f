/**
 * Server-sent events, read from a `fetch` so that it works in Node as in browsers and the token stays out of the
 * address. It counts as open only when the first bytes are here: a proxy that holds the stream back has not opened it.
 */
import type { ChannelPublication, Gap } from '@fullduplex/wire';
import { badAnswer, offlineError, timeoutError } from '../errors.js';
import { requestStream } from '../http.js';
import { EventStreamParser, type StreamEvent } from './event-stream.js';
import { SyncTransport } from './sync-transport.js';
import type { OpenTransport } from './transport.js';

/** How often the server speaks when it has nothing to say, in milliseconds. */
const HEARTBEAT = 15_000;

/** A stream that lasted this long, in milliseconds, is followed by the next as if nothing had happened. */
const LIVED_AT_ALL = 5_000;

class SseTransport extends SyncTransport {
  readonly name = 'sse';

  /** One stream; cut short only to ask for other channels. Servers end it after a while, to see whether one is there. */
  protected async round(signal: AbortSignal): Promise<void> {
    const { reader } = this;
    const { http, token, timing } = this.context;
    if (reader.opened) await reader.name();
    const snapshot = reader.cursor === undefined ? await reader.ask(0, reader.signal) : undefined;
    const response = await requestStream(http, {
      path: reader.path(0, snapshot?.cursor),
      token,
      signal,
      accept: 'text/event-stream',
      timeout: timing.timeout,
    });
    if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw badAnswer('The server did not answer with an event stream.');
    }
    const parser = new EventStreamParser();
    const opened = http.clock.now();
    let first = true;
    for await (const bytes of this.#chunks(response.body)) {
      if (first) {
        first = false;
        // Not before: the place must not move past a snapshot that nobody was told of.
        if (snapshot) reader.deliver(snapshot);
        else reader.open();
        // Now that it works, another stream for what was asked for besides.
        if (reader.unnamed) this.follow();
      }
      for (const event of parser.push(bytes)) this.#event(event);
    }
    // One that ends again and again is not to be asked for in circles.
    if (http.clock.now() - opened < LIVED_AT_ALL) throw offlineError('The event stream ended.');
  }

  /** The body's bytes, for as long as the server is heard from. */
  async *#chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { clock } = this.context.http;
    const source = body.getReader();
    try {
      for (;;) {
        const patience = HEARTBEAT + this.context.timing.maxSilence;
        const timer = clock.setTimer(() => {
          this.reader.fail(timeoutError('The server fell silent.'));
        }, patience);
        const { done, value } = await source.read().finally(() => clock.clearTimer(timer));
        if (done) return;
        yield value;
      }
    } catch (cause) {
      throw offlineError('The event stream was cut.', cause);
    } finally {
      source.cancel().catch(() => {});
    }
  }

  #event({ type, data, id }: StreamEvent): void {
    if (data !== undefined) this.#tell(type, data);
    this.reader.reach(id);
  }

  #tell(type: string, data: string): void {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw badAnswer('An event of the stream is not JSON.', cause);
    }
    if (type === 'message') this.reader.publication(value as ChannelPublication);
    else if (type === 'gap') this.reader.gap(value as Gap);
  }
}

export const openSse: OpenTransport = (context, sink) => new SseTransport(context, sink).start();
