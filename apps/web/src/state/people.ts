/**
 * Everyone one shares a room with, here or away, as far as is bearable to ask: some of the members of some rooms, and
 * whoever was met since.
 */
import type { Client } from '@fullduplex/client';
import { Store } from './store.js';

/** Rooms whose members are asked for, and members asked for of each. */
const ROOMS = 20;
const MEMBERS = 100;
/** People that are kept in mind at most. */
const MOST = 1_000;

export interface Person {
  readonly name: string;
  /** When they were last here, in milliseconds since 1970; `undefined` where that is not known. */
  readonly seen: number | undefined;
}

export type People = ReadonlyMap<string, Person>;

export class PeopleStore extends Store<People> {
  #round = 0;

  constructor() {
    super(new Map());
  }

  /** Asks who belongs to these rooms; a room that does not answer is passed over. */
  async ask(client: Pick<Client, 'call'>, rooms: readonly string[]): Promise<void> {
    const round = ++this.#round;
    for (const channel of rooms.slice(0, ROOMS)) {
      try {
        const { members } = await client.call('channel.members', { channel, limit: MEMBERS });
        if (round !== this.#round) return;
        this.met(members.map(({ user, seen }) => ({ name: user, seen })));
      } catch {
        // Asked for again after the next connect.
      }
    }
  }

  met(people: readonly Person[]): void {
    const known = this.get();
    const fresh = people.filter(({ name, seen }) => {
      const before = known.get(name);
      return before === undefined || (seen !== undefined && seen !== before.seen);
    });
    if (fresh.length === 0) return;
    const next = new Map(known);
    for (const person of fresh) {
      if (next.size < MOST || next.has(person.name)) next.set(person.name, person);
    }
    this.set(next);
  }
}
