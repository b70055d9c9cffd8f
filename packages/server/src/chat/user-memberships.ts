/**
 * What one user belongs to, live: a set of the cache of facts, for the rules and for whoever follows the conversations
 * for the user. It must not know how facts are loaded.
 */
import { LOBBY } from '@fullduplex/wire';
import type { Memberships } from '../delivery/memberships.js';
import type { Condition, Fact } from '../log/log.js';
import type { FactSet } from './fact-cache.js';
import { belongingsPrefix, type Role, roleOf } from './facts.js';

export interface Membership {
  readonly channel: string;
  readonly role: Role;
  /** The fact that what is written by right of it names. */
  readonly condition: Condition;
}

type Listener = (channel: string, from: number | undefined) => void;

/** Two entries of maps, and what they hold, beside the names. */
const MEMBERSHIP_BYTES = 320;

export class UserMemberships implements Memberships, FactSet {
  readonly channels = new Map<string, number>();
  readonly #feed: string;
  /** Of a key, what is before the channel. */
  readonly #prefix: string;
  readonly #changed: () => void;
  readonly #held = new Map<string, Membership>();
  /** Of an object each, so that the same listener may watch twice. */
  readonly #watching = new Set<{ readonly listener: Listener }>();
  #untold: [channel: string, from: number | undefined][] = [];
  #bytes = MEMBERSHIP_BYTES;
  #doubt: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  /**
   * @param user the folded name
   * @param watched called whenever `watched` changes
   */
  constructor(user: { readonly fold: string; readonly feed: string }, watched: () => void) {
    this.#feed = user.feed;
    this.#prefix = belongingsPrefix(user.fold);
    this.#changed = watched;
    this.channels.set(this.#feed, 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get doubted(): Promise<void> | undefined {
    return this.#doubt?.over;
  }

  get watched(): boolean {
    return this.#watching.size > 0;
  }

  /** Conversations; the user's own feed is none. */
  get size(): number {
    return this.#held.size;
  }

  /** By the channel's known spelling. */
  get(channel: string): Membership | undefined {
    return this.#held.get(channel);
  }

  watch(listener: Listener): () => void {
    const watch = { listener };
    this.#watching.add(watch);
    if (this.#watching.size === 1) this.#changed();
    return () => {
      if (this.#watching.delete(watch) && this.#watching.size === 0) this.#changed();
    };
  }

  doubt(): void {
    if (this.#doubt !== undefined) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#doubt = { over, end };
  }

  replace(facts: Iterable<Fact>): void {
    this.#doubt?.end();
    this.#doubt = undefined;
    const gone = new Set(this.#held.keys());
    for (const fact of facts) {
      gone.delete(fact.key.slice(this.#prefix.length));
      this.put(fact);
    }
    for (const channel of gone) this.#remove(channel);
  }

  put(fact: Fact): void {
    const channel = fact.key.slice(this.#prefix.length);
    // A conversation of two is for both of them from its opening on, so that it is whole.
    const from = channel.startsWith('direct:') ? 0 : fact.id;
    if (!this.#held.has(channel)) this.#bytes += bytesOf(channel);
    this.#held.set(channel, { channel, role: roleOf(fact), condition: { key: fact.key, id: fact.id } });
    if (this.channels.get(channel) === from) return;
    this.channels.set(channel, from);
    this.#untold.push([channel, from]);
  }

  remove(key: string): void {
    this.#remove(key.slice(this.#prefix.length));
  }

  tell(): void {
    if (this.#untold.length === 0) return;
    const untold = this.#untold;
    this.#untold = [];
    // Who begins to watch while others are told sees the change already.
    for (const watch of Array.from(this.#watching)) {
      for (const [channel, from] of untold) {
        if (this.#watching.has(watch)) watch.listener(channel, from);
      }
    }
  }

  #remove(channel: string): void {
    if (!this.#held.delete(channel)) return;
    this.#bytes -= bytesOf(channel);
    this.channels.delete(channel);
    this.#untold.push([channel, undefined]);
  }
}

/** Whether the user ever signed in: who was merely written to is no member of the lobby. */
export function hasSignedIn(memberships: UserMemberships): boolean {
  return memberships.get(LOBBY) !== undefined;
}

function bytesOf(channel: string): number {
  return MEMBERSHIP_BYTES + 4 * channel.length;
}
