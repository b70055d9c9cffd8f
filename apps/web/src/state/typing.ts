/** Who is typing where. Nobody says reliably that they stopped, so it lapses unless it is said again. */
import { Store } from './store.js';

/** In milliseconds; longer than the pause between two sayings. */
export const TYPING_LAPSES = 6_000;

export interface Timers {
  set(callback: () => void, delay: number): unknown;
  clear(timer: unknown): void;
}

export const realTimers: Timers = {
  set: (callback, delay) => setTimeout(callback, delay),
  clear: (timer) => clearTimeout(timer as number),
};

export type Typing = ReadonlyMap<string, readonly string[]>;

export class TypingStore extends Store<Typing> {
  readonly #timers: Timers;
  readonly #lapsing = new Map<string, unknown>();

  constructor(timers: Timers = realTimers) {
    super(new Map());
    this.#timers = timers;
  }

  change(channel: string, user: string, typing: boolean): void {
    const id = `${channel} ${user}`;
    this.#timers.clear(this.#lapsing.get(id));
    this.#lapsing.delete(id);
    if (typing) {
      const timer = this.#timers.set(() => {
        this.#lapsing.delete(id);
        this.#put(channel, user, false);
      }, TYPING_LAPSES);
      this.#lapsing.set(id, timer);
    }
    this.#put(channel, user, typing);
  }

  #put(channel: string, user: string, typing: boolean): void {
    const users = this.get().get(channel) ?? [];
    if (users.includes(user) === typing) return;
    const next = typing ? [...users, user] : users.filter((it) => it !== user);
    this.update((all) => new Map(all).set(channel, next));
  }
}
