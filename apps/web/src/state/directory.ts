/**
 * What the user belongs to, which rooms there are, and who is here: asked from the server when connected, and brought
 * forward by what arrives. Knows nothing of messages' texts or of what is open.
 */
import type { Client } from '@fullduplex/client';
import type { Publication, RoomSummary } from '@fullduplex/wire';
import {
  type Conversations,
  describeChannel,
  without,
  withPublication,
  withRead,
  withStates,
} from './conversations.js';
import { PresenceStore } from './presence.js';
import { readChatData } from './record.js';
import { Store } from './store.js';
import type { Timers } from './typing.js';

/** How long until the lists are asked for again, in milliseconds: after what one did, */
const SOON = 150;
/** after others came or went (many may at once), */
const COUNTS = 1_000;
/** and where presence is not told as it changes. */
const UNTOLD = 15_000;

const MOST_ROOMS = 500;

export class Directory {
  readonly conversations = new Store<Conversations>(new Map());
  /** Whether the list of conversations has come once. */
  readonly listed = new Store(false);
  /** Rooms that can be found, by channel; one's own private ones too. */
  readonly rooms = new Store<ReadonlyMap<string, RoomSummary>>(new Map());
  readonly presence = new PresenceStore();
  readonly #me: string;
  readonly #client: () => Client;
  readonly #timers: Timers;
  #timer: unknown;
  #delay = 0;
  #closed = false;

  /** @param client The client in use now; it may be another one later. */
  constructor(me: string, client: () => Client, timers: Timers) {
    this.#me = me;
    this.#client = client;
    this.#timers = timers;
  }

  /** Asks for the lists again, a moment from now. */
  refresh(): void {
    this.#refreshIn(SOON);
  }

  connected(): void {
    this.#refreshIn(0);
  }

  /** Counts a record of a conversation. */
  take(channel: string, publication: Publication): void {
    const head = this.conversations.get().get(channel)?.head ?? 0;
    this.conversations.update((known) => withPublication(known, channel, publication, this.#me));
    const type = readChatData(publication)?.type;
    if (type !== 'joined' && type !== 'left') return;
    // Counted at once, so that it never says "1 member, 2 here"; the list that is asked for has the last word.
    if (publication.offset > head) this.#count(channel, type === 'joined' ? 1 : -1);
    this.#refreshIn(COUNTS);
  }

  /** Takes a record of the user's own feed: something was read in another window, or on another machine. */
  takeOwn(publication: Publication): void {
    const data = readChatData(publication);
    if (data?.type !== 'read') return;
    const before = this.conversations.get().get(data.channel);
    if (!before || data.offset <= before.read) return;
    this.read(data.channel, data.offset);
    if (data.offset < before.head) this.refresh();
  }

  read(channel: string, offset: number): void {
    this.conversations.update((known) => withRead(known, channel, offset));
  }

  joined(channel: string): void {
    const described = describeChannel(channel, this.#me);
    if (!described) return;
    if (!this.conversations.get().has(channel)) {
      const fresh = { channel, ...described, head: 0, read: 0, unread: 0, lastTime: 0 };
      this.conversations.update((known) => new Map(known).set(channel, fresh));
    }
    this.refresh();
  }

  left(channel: string): void {
    this.conversations.update((known) => without(known, channel));
    this.refresh();
  }

  close(): void {
    this.#closed = true;
    this.#timers.clear(this.#timer);
  }

  #count(channel: string, by: number): void {
    const room = this.rooms.get().get(channel);
    if (room === undefined) return;
    this.rooms.update((known) => new Map(known).set(channel, { ...room, members: room.members + by }));
  }

  /** One request for however many reasons there are; the soonest of them counts. */
  #refreshIn(delay: number): void {
    if (this.#closed || (this.#timer !== undefined && this.#delay <= delay)) return;
    this.#timers.clear(this.#timer);
    this.#delay = delay;
    this.#timer = this.#timers.set(() => {
      this.#timer = undefined;
      void this.#ask();
    }, delay);
  }

  async #ask(): Promise<void> {
    const client = this.#client();
    try {
      const [state, { rooms }] = await Promise.all([
        client.call('me.state', {}),
        client.call('room.list', { limit: MOST_ROOMS }),
      ]);
      if (this.#closed) return;
      this.conversations.update((known) => withStates(known, state.channels, this.#me));
      for (const { channel, present } of state.channels) this.presence.put(channel, present);
      this.rooms.set(new Map(rooms.map((room) => [room.channel, room])));
      this.listed.set(true);
    } catch {
      // Cut off: asked for again with the next connect.
    }
    const { status, transport } = client.state;
    if (status === 'connected' && transport !== 'websocket') this.#refreshIn(UNTOLD);
  }
}
