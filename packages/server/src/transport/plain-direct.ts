/**
 * The plain one-to-one chat, `/ws/NAME`: `{"to_user","msg"}` in, `{"from_user","msg"}` out. What was sent to NAME while
 * nobody was here is handed over on connecting; the position up to which that happened is kept with the log.
 */

import type { WebSocket } from '@fullduplex/websocket';
import { CommandError, type Disconnect } from '@fullduplex/wire';
import type { Feed } from '../delivery/feed.js';
import { Follower, type Reader } from '../delivery/follower.js';
import { messageText } from '../delivery/format.js';
import type { LogRecord } from '../log/log.js';
import type { Lease, Presence } from '../presence/presence.js';
import { Intake } from '../session/intake.js';
import type { TimerWheel, WheelMember } from '../time/timer-wheel.js';
import { HandedOver } from './handed-over.js';
import type { PlainServices } from './plain-group.js';
import { WebSocketOutlet } from './websocket-outlet.js';

export interface PlainDirectServices extends PlainServices {
  readonly presence: Presence;
  readonly wheel: TimerWheel;
  /** Between two proofs that the user is here, in milliseconds. */
  readonly renewal: number;
  /** Work that nobody waits for, and that the server is not to end before. */
  finish(work: Promise<void>): void;
}

const CLOSES = {
  binary: { code: 1003, reason: 'text frames only' },
  failed: { code: 1011, reason: 'internal error' },
} satisfies Record<string, Disconnect>;

/** What pages close with by themselves, or what stands for no closing handshake at all: no echo of ours. */
const CLOSES_OF_PAGES: readonly number[] = [1000, 1001, 1005, 1006];

/** Records of a conversation after which the position is marked, though nothing was given. */
const MARK_EVERY = 256;

export class PlainDirect implements Reader, WheelMember {
  readonly outlet: WebSocketOutlet;
  slot: number | undefined;
  readonly #services: PlainDirectServices;
  readonly #client: string;
  readonly #followers = new Map<string, Follower | undefined>();
  #user: string | undefined;
  /** Frames that came before the user was signed in. */
  #held: string[] | undefined = [];
  /** Whether anything came from the client since its presence was last renewed. */
  #alive = true;
  #unwatch: (() => void) | undefined;
  #handedOver: HandedOver | undefined;
  readonly #intake: Intake;
  #ended = false;

  /** @param name as `parseName` gives it */
  constructor(socket: WebSocket, name: string, services: PlainDirectServices) {
    this.#services = services;
    this.#client = `plain-${services.randomId()}`;
    this.outlet = new WebSocketOutlet(socket);
    this.outlet.owner = this;
    this.#intake = new Intake(this.outlet, services.intake, services.clock);
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.#close(CLOSES.binary);
      else this.#receive(data.toString());
    });
    socket.on('drain', () => setImmediate(() => this.#drained()));
    socket.on('pong', (payload) => this.#ponged(payload.toString()));
    socket.on('close', (code) => this.#end(!CLOSES_OF_PAGES.includes(code)));
    socket.on('error', () => {});
    void this.#begin(name);
  }

  // As the reader of conversations.

  write(feed: Feed, records: readonly LogRecord[]): void {
    // What comes while the connection is closing is not sent any more, and the answer to our close proves nothing of it.
    if (!this.outlet.isOpen) return;
    let given = false;
    for (const record of records) {
      const text = this.#isForUs(feed, record) ? messageText(record) : undefined;
      if (text !== undefined) this.outlet.send(JSON.stringify({ from_user: record.sender, msg: text }));
      // What was not for this connection is marked now and then, so that it is not read again for ever.
      given ||= text !== undefined || record.offset % MARK_EVERY === 0;
    }
    const last = records.at(-1);
    if (given && last !== undefined) this.#handedOver?.gave(feed.channel, last.offset);
  }

  missed(): void {}

  failed(_follower: Follower, error: unknown): void {
    this.#services.failed(error);
    this.#close(CLOSES.failed);
  }

  fellBehind(channel: string): void {
    this.#followers.get(channel)?.fellBehind();
  }

  /** On the wheel. */
  expire(): void {
    if (this.#alive) this.#renew();
    // Whoever answers is here.
    this.outlet.ping('');
    this.#alive = false;
    this.#services.wheel.set(this, this.#services.renewal);
  }

  async #begin(name: string): Promise<void> {
    const { chat } = this.#services;
    try {
      const user = await chat.signIn(name);
      const memberships = await chat.memberships(user);
      if (this.#ended) return;
      this.#user = user;
      this.#handedOver = new HandedOver(
        chat,
        user,
        (payload) => this.outlet.ping(payload),
        (done) => this.#services.finish(done),
      );
      this.#renew();
      this.#services.wheel.set(this, this.#services.renewal);
      this.#unwatch = memberships.watch((channel, from) => {
        if (from !== undefined && channel.startsWith('direct:')) this.#follow(channel);
      });
      for (const channel of memberships.channels.keys()) {
        if (channel.startsWith('direct:')) this.#follow(channel);
      }
      const held = this.#held ?? [];
      this.#held = undefined;
      if (held.length > 0) this.outlet.resume();
      for (const frame of held) this.#receive(frame);
    } catch (error) {
      this.#services.failed(error);
      this.#close(CLOSES.failed);
    }
  }

  #follow(channel: string): void {
    if (this.#followers.has(channel)) return;
    this.#followers.set(channel, undefined);
    this.#services.presence.enter(this.#client, channel);
    this.#open(channel).catch((error: unknown) => {
      this.#services.failed(error);
      this.#close(CLOSES.failed);
    });
  }

  async #open(channel: string): Promise<void> {
    const { chat, hub } = this.#services;
    const handed = await chat.handedOver(this.#user!, channel);
    const feed = await hub.open(channel);
    if (this.#ended) {
      hub.release(feed);
      return;
    }
    const from = Math.min(handed, feed.offset);
    const follower = new Follower(hub, feed, this, from);
    this.#followers.set(channel, follower);
    follower.start();
  }

  /** Others' messages; one's own only in the conversation with oneself. */
  #isForUs(feed: Feed, record: LogRecord): boolean {
    return record.sender !== this.#user || feed.channel === `direct:${this.#user},${this.#user}`;
  }

  #receive(frame: string): void {
    if (this.#ended) return;
    this.#alive = true;
    if (this.#held !== undefined) {
      this.outlet.pause();
      this.#held.push(frame);
      return;
    }
    this.#intake.take();
    this.#intake.enter();
    this.#send(frame)
      .catch((error: unknown) => this.#tell(error))
      .finally(() => this.#intake.leave());
  }

  async #send(frame: string): Promise<void> {
    this.#services.requireContact();
    const { to_user: to, msg } = parse(frame);
    await this.#services.chat.sendDirect(this.#user!, to, msg);
  }

  /** In a shape that a page which only knows `from_user` and `msg` shows as a line. */
  #tell(error: unknown): void {
    if (!(error instanceof CommandError)) this.#services.failed(error);
    const { code, message } =
      error instanceof CommandError
        ? error
        : { code: 'internal', message: 'Something went wrong; try again.' };
    this.outlet.send(JSON.stringify({ from_user: '', msg: message, error: { code, message } }));
  }

  #renew(): void {
    const { presence, renewal } = this.#services;
    if (this.#user === undefined) return;
    const lease: Lease = { client: this.#client, user: this.#user, transport: 'plain' };
    if (presence.renew(lease, renewal * 3)) presence.attend(this.#client, this.#followers.keys());
  }

  #ponged(payload: string): void {
    this.#alive = true;
    this.#handedOver?.pong(payload);
  }

  #drained(): void {
    if (this.#ended) return;
    for (const follower of this.#followers.values()) follower?.start();
  }

  #close(why: Disconnect): void {
    this.#stop();
    this.outlet.close(why);
  }

  /** @param echoed the client answered our own close */
  #end(echoed: boolean): void {
    this.#handedOver?.closed(echoed);
    this.#stop();
  }

  #stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const follower of this.#followers.values()) follower?.end();
    this.#followers.clear();
    this.#unwatch?.();
    this.#services.wheel.delete(this);
    this.#services.presence.end(this.#client);
  }
}

function parse(frame: string): { to_user?: unknown; msg?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch (cause) {
    throw new CommandError('bad_request', 'Send {"to_user":"NAME","msg":"TEXT"} as JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null) {
    throw new CommandError('bad_request', 'Send {"to_user":"NAME","msg":"TEXT"} as JSON.');
  }
  return value;
}
