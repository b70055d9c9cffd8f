/**
 * Server-sent events: one answer that does not end. It reads on only while the caller takes what it was given, so a
 * slow one costs a page of the log, not a queue.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CommandError } from '@fullduplex/wire';
import type { WheelMember } from '../delivery/timer-wheel.js';
import type { Held } from './held.js';
import { snapshotJson } from './polling.js';
import type { Caller } from './sync.js';

/** Bytes that may wait to be written before reading stops. */
const HIGH_WATER = 64 * 1024;

export function streamEvents(caller: Caller): void {
  const { exchange, services, reader } = caller;
  if (!services.hasRoom()) throw new CommandError('too_many_requests', 'No more streams can be opened now.');
  if (caller.named) services.held.supersede(caller.session);
  exchange.begin({
    ...caller.headers,
    'Content-Type': 'text/event-stream; charset=utf-8',
    // For proxies that collect answers before they pass them on.
    'X-Accel-Buffering': 'no',
  });
  let head = `retry: ${Math.round(services.timing.retry * 1000)}\n\n`;
  if (caller.snapshot) head += event(snapshotJson(caller), reader.cursor, 'snapshot');
  exchange.write(head);
  new EventStream(caller).begin();
}

class EventStream implements Held, WheelMember {
  slot: number | undefined;
  readonly #caller: Caller;
  #reading = false;
  /** Something came while it was being read. */
  #woken = false;
  #ended = false;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  begin(): void {
    const { services, exchange } = this.#caller;
    services.held.add(this, this.#session);
    exchange.onEnd(() => this.#end());
    exchange.onDrain(() => this.#wake());
    this.#beat();
    this.#wake();
  }

  /** On the wheel: a comment, so that nobody on the way thinks the connection dead. */
  expire(): void {
    const { exchange } = this.#caller;
    if (exchange.backlog === 0) exchange.write(':\n\n');
    this.#beat();
  }

  /** The stream ends; an EventSource comes back with its position. */
  release(): void {
    if (this.#ended) return;
    this.#end();
    this.#caller.exchange.finish();
  }

  /** Two pages with one token and no sessions would end each other's streams again and again. */
  get #session(): string | undefined {
    return this.#caller.named ? this.#caller.session : undefined;
  }

  #beat(): void {
    const { services } = this.#caller;
    services.wheel.set(this, services.timing.heartbeat * 1000);
    this.#caller.renewLease('sse', services.timing.heartbeat * 3);
  }

  #wake(): void {
    this.#woken = true;
    if (this.#reading || this.#ended) return;
    this.#reading = true;
    void this.#read();
  }

  async #read(): Promise<void> {
    const { reader, exchange, services } = this.#caller;
    try {
      while (this.#woken && !this.#ended && exchange.backlog <= HIGH_WATER) {
        // Once for all that a commit brings to however many channels, and when the chat knows of it too.
        await nextTurn();
        this.#woken = false;
        const { steps, more } = await reader.readSteps(services.streamBounds);
        if (this.#ended) return;
        let text = '';
        for (const step of steps) text += event(step.json, step.cursor, step.gap ? 'gap' : undefined);
        if (text !== '') exchange.write(text);
        // What is joined meanwhile is watched from here on.
        if (more || (await reader.watch(() => this.#wake()))) this.#woken = true;
      }
    } catch (error) {
      services.failed(error);
      this.release();
    } finally {
      this.#reading = false;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { reader, services } = this.#caller;
    reader.unwatch();
    services.wheel.delete(this);
    services.held.delete(this, this.#session);
  }
}

/** JSON has no line breaks, so one `data` line holds it. */
function event(json: string, id: string, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}id: ${id}\ndata: ${json}\n\n`;
}
