/**
 * Public rooms by the beginning of their names, as one types: asked for a moment after the last letter, page by page.
 * What comes late of an earlier search is passed over.
 */
import type { Client, ClientErrorCode } from '@fullduplex/client';
import type { RoomSummary } from '@fullduplex/wire';
import { codeOf } from './error-code.js';
import { type Readable, Store } from './store.js';
import type { Timers } from './typing.js';

/** After the last letter, in milliseconds. */
const TYPED = 150;
const PAGE = 50;

export interface FoundRooms {
  /** By name. */
  readonly rooms: readonly RoomSummary[];
  readonly more: boolean;
  readonly loading: boolean;
  readonly error: ClientErrorCode | undefined;
}

const NONE: FoundRooms = { rooms: [], more: false, loading: true, error: undefined };

export class RoomSearch implements Readable<FoundRooms> {
  readonly #found = new Store<FoundRooms>(NONE);
  readonly #client: () => Pick<Client, 'call'>;
  readonly #timers: Timers;
  #query: string | undefined;
  #next: string | undefined;
  #timer: unknown;

  constructor(client: () => Pick<Client, 'call'>, timers: Timers) {
    this.#client = client;
    this.#timers = timers;
  }

  readonly get = (): FoundRooms => this.#found.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#found.subscribe(listener);

  /** What was found before is shown until the answer is here. */
  search(query: string): void {
    if (query === this.#query) return;
    const delay = this.#query === undefined ? 0 : TYPED;
    this.#query = query;
    this.#next = undefined;
    this.#found.update((found) => ({ ...found, loading: true, more: false }));
    this.#timers.clear(this.#timer);
    this.#timer = this.#timers.set(() => void this.#ask(query, undefined), delay);
  }

  /** The next page. */
  more(): void {
    if (this.#query === undefined || this.#next === undefined || this.get().loading) return;
    this.#found.update((found) => ({ ...found, loading: true }));
    void this.#ask(this.#query, this.#next);
  }

  close(): void {
    this.#timers.clear(this.#timer);
    this.#query = undefined;
  }

  async #ask(query: string, after: string | undefined): Promise<void> {
    try {
      const page = { query, limit: PAGE, ...(after !== undefined && { after }) };
      const { rooms, next } = await this.#client().call('room.list', page);
      if (query !== this.#query) return;
      const before = after === undefined ? [] : this.get().rooms;
      this.#next = next;
      this.#found.set({
        rooms: [...before, ...rooms],
        more: next !== undefined,
        loading: false,
        error: undefined,
      });
    } catch (error) {
      if (query !== this.#query) return;
      this.#found.update((found) => ({
        ...found,
        loading: false,
        more: this.#next !== undefined,
        error: codeOf(error),
      }));
    }
  }
}
