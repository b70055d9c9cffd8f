/** What a user belongs to, changed by the test. */
import type { Memberships } from '../../src/delivery/memberships.js';

export class FakeMemberships implements Memberships {
  readonly channels = new Map<string, number>();
  doubted: Promise<void> | undefined;
  readonly #listeners = new Set<(channel: string, from: number | undefined) => void>();

  constructor(channels: Iterable<readonly [string, number]> = []) {
    for (const [channel, from] of channels) this.channels.set(channel, from);
  }

  get watchers(): number {
    return this.#listeners.size;
  }

  watch(listener: (channel: string, from: number | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(channel: string, from: number | undefined): void {
    if (from === undefined) this.channels.delete(channel);
    else this.channels.set(channel, from);
    for (const listener of this.#listeners) listener(channel, from);
  }
}
