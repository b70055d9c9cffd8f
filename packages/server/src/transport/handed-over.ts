/**
 * Marks how far a plain connection was given its conversations. Such pages acknowledge nothing, but every WebSocket
 * answers pings in order: the pong proves that what was sent before the ping has arrived.
 */
import type { Chat } from '../chat/chat.js';

export class HandedOver {
  readonly #chat: Pick<Chat, 'markHandedOver'>;
  readonly #user: string;
  readonly #ping: (payload: string) => void;
  readonly #marking: (done: Promise<void>) => void;
  /** Given since the last ping, by channel. */
  #given = new Map<string, number>();
  /** Given before the ping that is under way. */
  #asked: Map<string, number> | undefined;
  #number = 0;
  #scheduled = false;

  /**
   * @param ping sends a ping with this payload
   * @param marking told of each marking that is under way
   */
  constructor(
    chat: Pick<Chat, 'markHandedOver'>,
    user: string,
    ping: (payload: string) => void,
    marking: (done: Promise<void>) => void,
  ) {
    this.#chat = chat;
    this.#user = user;
    this.#ping = ping;
    this.#marking = marking;
  }

  /** Everything in the channel up to the offset was queued to the connection. */
  gave(channel: string, offset: number): void {
    this.#given.set(channel, offset);
    this.#schedule();
  }

  /** A pong with this payload came. */
  pong(payload: string): void {
    if (this.#asked === undefined || payload !== String(this.#number)) return;
    const arrived = this.#asked;
    this.#asked = undefined;
    this.#mark(arrived);
    if (this.#given.size > 0) this.#schedule();
  }

  /**
   * The connection is over.
   *
   * @param echoed the client answered our own close, and so has read what came before it. A close of its own proves
   *   nothing: a page that is left sends one without having read on.
   */
  closed(echoed: boolean): void {
    if (echoed) this.#mark(new Map([...(this.#asked ?? []), ...this.#given]));
    this.#given.clear();
    this.#asked = undefined;
  }

  /** One ping for all that is given in this turn, and one at a time. */
  #schedule(): void {
    if (this.#scheduled || this.#asked !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#given.size === 0) return;
      this.#asked = this.#given;
      this.#given = new Map();
      this.#number += 1;
      this.#ping(String(this.#number));
    });
  }

  #mark(arrived: ReadonlyMap<string, number>): void {
    for (const [channel, offset] of arrived) {
      this.#marking(this.#chat.markHandedOver(this.#user, channel, offset));
    }
  }
}
