/** Says that someone is typing, now and then: every keystroke asks for it, few of them are sent. */
import type { Clock } from './types.js';

/** Said again after this while it goes on, in milliseconds. */
const AGAIN = 3_000;

export class TypingNotices {
  readonly #clock: Clock;
  readonly #say: (channel: string, typing: boolean) => void;
  /** When it was last said of a channel that someone is typing. */
  readonly #said = new Map<string, number>();

  constructor(clock: Clock, say: (channel: string, typing: boolean) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  set(channel: string, typing: boolean): void {
    const said = this.#said.get(channel);
    const now = this.#clock.now();
    if (typing) {
      if (said !== undefined && now - said < AGAIN) return;
      this.#said.set(channel, now);
    } else {
      if (said === undefined) return;
      this.#said.delete(channel);
    }
    this.#say(channel, typing);
  }

  /** A message was sent there: the next keystroke begins another. */
  sent(channel: string): void {
    this.#said.delete(channel);
  }
}
