/**
 * The plain group chat, `/ws`: for pages that know nothing but `new WebSocket(url)`. Each text frame goes to everyone
 * here as it came. It is a reader and a writer of the lobby's log like any other, under a guest's name of its own.
 */
import type { WebSocket } from '@fullduplex/websocket';
import { CommandError, type Disconnect, LOBBY } from '@fullduplex/wire';
import type { Chat } from '../chat/chat.js';
import type { Feed } from '../delivery/feed.js';
import { Follower, type Reader } from '../delivery/follower.js';
import { TEXTS } from '../delivery/format.js';
import type { Hub } from '../delivery/hub.js';
import type { LogRecord } from '../log/log.js';
import { Intake, type IntakeLimits } from '../session/intake.js';
import type { Clock } from '../time/clock.js';
import { WebSocketOutlet } from './websocket-outlet.js';

export interface PlainServices {
  readonly chat: Chat;
  readonly hub: Hub;
  /** The longest text of one message, in bytes. */
  readonly messageBytes: number;
  readonly clock: Clock;
  readonly intake: IntakeLimits;
  /** @throws {CommandError} `unavailable` */
  requireContact(): void;
  /** A new id, unlike any other on any node. Letters and digits. */
  randomId(): string;
  failed(error: unknown): void;
}

export interface PlainGroupServices extends PlainServices {
  /** Followed for as long as the server runs, so that a page reads on from the very moment that it joins. */
  readonly lobby: Feed;
}

/** Such pages know no errors: what cannot be carried out ends the connection, with a code that says why. */
const CLOSES = {
  binary: { code: 1003, reason: 'text frames only' },
  tooLarge: { code: 1009, reason: 'message too large' },
  failed: { code: 1011, reason: 'internal error' },
  busy: { code: 1013, reason: 'try again later' },
} satisfies Record<string, Disconnect>;

export class PlainGroup implements Reader {
  readonly outlet: WebSocketOutlet;
  readonly #services: PlainGroupServices;
  readonly #follower: Follower;
  #name: string | undefined;
  readonly #intake: Intake;
  #ended = false;

  constructor(socket: WebSocket, services: PlainGroupServices) {
    this.#services = services;
    this.outlet = new WebSocketOutlet(socket);
    this.outlet.owner = this;
    this.#intake = new Intake(this.outlet, services.intake, services.clock);
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.#close(CLOSES.binary);
      else this.#receive(data.toString());
    });
    socket.on('drain', () => setImmediate(() => this.#follower.start()));
    socket.on('close', () => this.#end());
    socket.on('error', () => {});
    const { hub, lobby } = services;
    this.#follower = new Follower(hub, hub.hold(lobby.channel), this, lobby.offset, TEXTS);
    this.#follower.start();
  }

  fellBehind(): void {
    this.#follower.fellBehind();
  }

  write(feed: Feed, records: readonly LogRecord[]): void {
    for (const { text } of TEXTS.encode(feed.channel, records, '')) this.outlet.send(text);
  }

  /** A page without positions cannot be told; it goes on with what is left. */
  missed(): void {}

  failed(_follower: Follower, error: unknown): void {
    this.#services.failed(error);
    this.#close(CLOSES.failed);
  }

  #receive(text: string): void {
    if (this.#ended) return;
    const { messageBytes } = this.#services;
    if (Buffer.byteLength(text) > messageBytes) {
      this.#close(CLOSES.tooLarge);
      return;
    }
    // A name is made for who speaks, not for everyone who opens a page; it is a member of nothing.
    this.#name ??= `guest-${this.#services.randomId().slice(0, 6).toLowerCase()}`;
    this.#intake.take();
    this.#intake.enter();
    this.#publish(this.#name, text).then(
      () => this.#intake.leave(),
      (error: unknown) => this.#refused(error),
    );
  }

  async #publish(name: string, text: string): Promise<void> {
    this.#services.requireContact();
    await this.#services.chat.publishAs(name, LOBBY, { type: 'message', text });
  }

  #refused(error: unknown): void {
    if (this.#ended) return;
    if (!(error instanceof CommandError)) this.#services.failed(error);
    const retryable = error instanceof CommandError && error.retryable;
    this.#close(retryable ? CLOSES.busy : CLOSES.failed);
  }

  #close(why: Disconnect): void {
    this.#end();
    this.outlet.close(why);
  }

  #end(): void {
    this.#ended = true;
    this.#follower.end();
  }
}
