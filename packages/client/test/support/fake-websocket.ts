/** The platform's WebSocket as a test drives it: what was sent is here to be looked at, what comes is told by calls. */
import type { Push, Reply } from '@fullduplex/wire';
import type { WebSocketLike } from '../../src/types.js';

type Handler<Event> = ((event: Event) => void) | null;

export class FakeWebSocket implements WebSocketLike {
  static made: FakeWebSocket[] = [];
  readonly url: string;
  readonly frames: string[] = [];
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  closedWith: number | undefined;

  constructor(url: string) {
    this.url = url;
    FakeWebSocket.made.push(this);
  }

  static get last(): FakeWebSocket {
    return FakeWebSocket.made.at(-1)!;
  }

  send(data: string): void {
    this.frames.push(data);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** What the client sent, as commands; pongs left out. */
  get commands(): Record<string, unknown>[] {
    return this.frames.filter((frame) => frame !== '{}').map((frame) => JSON.parse(frame));
  }

  opens(): void {
    (this.onopen as Handler<unknown>)?.({});
  }

  receives(...messages: (Reply | { push: Push } | Record<string, never>)[]): void {
    this.receivesText(messages.map((message) => JSON.stringify(message)).join('\n'));
  }

  receivesText(data: string): void {
    (this.onmessage as Handler<{ data: string }>)?.({ data });
  }

  closes(code: number, reason = ''): void {
    (this.onclose as Handler<{ code: number; reason: string }>)?.({ code, reason });
  }
}
