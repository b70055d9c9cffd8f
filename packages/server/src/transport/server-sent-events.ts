/**
 * Server-sent events: one answer that does not end. It reads on only while the caller takes what it was given, so a
 * slow one costs a page of the log, not a queue.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CommandError } from '@fullduplex/wire';
import { News } from '../delivery/news.js';
import type { WheelMember } from '../time/timer-wheel.js';
import type { Caller } from './caller.js';
import type { Held } from './held.js';

/** Bytes that may wait to be written before reading stops. */
const HIGH_WATER = 64 * 1024;

export async function streamEvents(caller: Caller): Promise<void> {
  const { exchange, services, reader, snapshot } = caller;
  if (!services.hasRoom()) throw new CommandError('too_many_requests', 'No more streams can be opened now.');
  const [watch, besides] = await Promise.all([caller.holdWatch(), caller.besides()]);
  if (exchange.gone) {
    caller.releaseWatch();
    return;
  }
  if (caller.named) services.held.supersede(caller.session);
  exchange.begin({
    ...caller.headers,
    'Content-Type': 'text/event-stream; charset=utf-8',
    // For proxies that collect answers before they pass them on.
    'X-Accel-Buffering': 'no',
  });
  let head = `retry: ${Math.round(services.timing.retry * 1000)}\n\n`;
  if (snapshot !== undefined) head += event(snapshot, reader.cursor, 'snapshot');
  exchange.write(head);
  const stream = new EventStream(caller);
  stream.begin(new News(services.hub, watch, besides, (before) => stream.wake(before)));
}

class EventStream implements Held, WheelMember {
  slot: number | undefined;
  readonly #caller: Caller;
  #news: News | undefined;
  #reading = false;
  /** Something came while it was being read. */
  #woken = false;
  #ended = false;
  /** Heartbeats that are left until the stream ends, and the caller has to come again. */
  #beats: number;
  /** The place that the caller was given last. */
  #told: number;

  constructor(caller: Caller) {
    this.#caller = caller;
    const { streamLife, heartbeat } = caller.services.timing;
    this.#beats = Math.max(1, Math.ceil(streamLife / heartbeat));
    this.#told = caller.reader.place;
  }

  begin(news: News): void {
    this.#news = news;
    const { services, exchange } = this.#caller;
    const { heartbeat, retry, presenceGrace } = services.timing;
    services.held.add(this, this.#session);
    exchange.onEnd(() => this.#end());
    exchange.onDrain(() => this.#read());
    services.wheel.set(this, heartbeat * 1000);
    // Nothing that is written proves that anyone is there: coming again does.
    this.#caller.renewLease('sse', (this.#beats + 1) * heartbeat + retry + presenceGrace);
    this.#woken = true;
    this.#read();
  }

  /** Something is new; up to `before` nothing came. */
  wake(before: number): void {
    if (!this.#woken && !this.#reading) this.#caller.reader.skipTo(before);
    this.#woken = true;
    this.#read();
  }

  /** On the wheel: how far was looked, so that nobody on the way thinks the connection dead. */
  expire(): void {
    const { exchange, services } = this.#caller;
    this.#beats -= 1;
    if (this.#beats <= 0) {
      this.release();
      return;
    }
    if (exchange.backlog === 0) exchange.write(this.#heartbeat());
    services.wheel.set(this, services.timing.heartbeat * 1000);
  }

  /** The stream ends; an EventSource comes back with its place. */
  release(): void {
    if (this.#ended) return;
    this.#end();
    this.#caller.exchange.finish();
  }

  /** Two pages with one token and no sessions would end each other's streams again and again. */
  get #session(): string | undefined {
    return this.#caller.named ? this.#caller.session : undefined;
  }

  #heartbeat(): string {
    const { reader, services } = this.#caller;
    if (!this.#woken && !this.#reading) reader.skipTo(services.hub.position);
    if (reader.place === this.#told) return ':\n\n';
    this.#told = reader.place;
    return `id: ${reader.cursor}\n\n`;
  }

  #read(): void {
    if (this.#reading || this.#ended || !this.#woken) return;
    this.#reading = true;
    void this.#readOn();
  }

  async #readOn(): Promise<void> {
    const { reader, exchange, services } = this.#caller;
    try {
      while (this.#woken && !this.#ended && exchange.backlog <= HIGH_WATER) {
        // Once for all that a commit brings to however many channels.
        await nextTurn();
        this.#woken = false;
        const { steps, more } = await reader.read(services.streamBounds);
        if (this.#ended) return;
        let text = '';
        for (const { kind, json, id } of steps) {
          text += event(json, reader.cursorAt(id), kind === 'gap' ? 'gap' : undefined);
        }
        if (text !== '') {
          this.#told = steps.at(-1)!.id;
          exchange.write(text);
        }
        if (more) this.#woken = true;
      }
    } catch (error) {
      if (!(error instanceof CommandError)) services.failed(error);
      this.release();
    } finally {
      this.#reading = false;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { services } = this.#caller;
    this.#news?.end();
    this.#caller.releaseWatch();
    services.wheel.delete(this);
    services.held.delete(this, this.#session);
  }
}

/** JSON has no line breaks, so one `data` line holds it. */
function event(json: string, id: string, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}id: ${id}\ndata: ${json}\n\n`;
}
