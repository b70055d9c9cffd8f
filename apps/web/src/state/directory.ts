/**
 * What the user belongs to, what is known of those rooms, and who is here: asked from the server when connected, and
 * brought forward by what arrives. Knows nothing of messages' texts or of what is open.
 */
import type { Client } from '@fullduplex/client';
import type { ChannelState, Publication, RoomSummary } from '@fullduplex/wire';
import {
  type Conversations,
  describeChannel,
  without,
  withPublication,
  withRead,
  withSomeStates,
  withStates,
} from './conversations.js';
import { PeopleStore } from './people.js';
import { PresenceStore } from './presence.js';
import { readChatData } from './record.js';
import { Store } from './store.js';
import type { Timers } from './typing.js';

/** How long until the list is asked for again, in milliseconds: after what one did, */
const SOON = 150;
/** after others came or went (many may at once), */
const COUNTS = 1_000;
/** and where presence is not told as it changes. */
const UNTOLD = 15_000;

/** Conversations asked for at once, */
const PAGE = 100;
/** and in all: those where something was said last. Others are shown as soon as something is said in them. */
const MOST = 1_000;
/** Rooms that the name of one is looked for among. */
const ALIKE = 10;

export class Directory {
  readonly conversations = new Store<Conversations>(new Map());
  /** Whether the list of conversations has come once. */
  readonly listed = new Store(false);
  /** Rooms that something is known of, by channel: one's own, and those one looked into. */
  readonly rooms = new Store<ReadonlyMap<string, RoomSummary>>(new Map());
  readonly presence = new PresenceStore();
  readonly people = new PeopleStore();
  readonly #me: string;
  readonly #client: () => Client;
  readonly #timers: Timers;
  #timer: unknown;
  #delay = 0;
  /** Whether the whole list is to be asked for, and not only what changed last. */
  #whole = true;
  #closed = false;

  /** @param client The client in use now; it may be another one later. */
  constructor(me: string, client: () => Client, timers: Timers) {
    this.#me = me;
    this.#client = client;
    this.#timers = timers;
  }

  /** Asks again, a moment from now, for what changed last. */
  refresh(): void {
    this.#refreshIn(SOON);
  }

  connected(): void {
    this.#whole = true;
    this.#refreshIn(0);
  }

  /** Asks what there is to know of a room that one does not belong to. */
  async lookUp(channel: string): Promise<void> {
    const name = describeChannel(channel, this.#me)?.name;
    if (name === undefined || this.rooms.get().has(channel)) return;
    try {
      const { rooms } = await this.#client().call('room.list', { query: name, limit: ALIKE });
      this.#know(rooms.filter((room) => room.channel === channel));
    } catch {
      // Its name is enough to show it.
    }
  }

  /** Counts a record of a conversation. */
  take(channel: string, publication: Publication): void {
    const before = this.conversations.get().get(channel);
    const head = before?.head ?? 0;
    // One that was too far down the list: it is at its top now.
    if (!before && this.rooms.get().get(channel)?.joined !== false) this.#refreshIn(COUNTS);
    this.conversations.update((known) => withPublication(known, channel, publication, this.#me));
    const data = readChatData(publication);
    if (data?.type !== 'joined' && data?.type !== 'left') return;
    if (data.type === 'joined') this.people.met([{ name: data.user, seen: undefined }]);
    // Counted at once, so that it never says "1 member, 2 here"; the list that is asked for has the last word.
    if (publication.offset > head) this.#count(channel, data.type === 'joined' ? 1 : -1);
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
    if (room !== undefined) this.#know([{ ...room, members: room.members + by }]);
  }

  #know(rooms: readonly RoomSummary[]): void {
    if (rooms.length === 0) return;
    this.rooms.update((known) => new Map([...known, ...rooms.map((room) => [room.channel, room] as const)]));
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
    const whole = this.#whole;
    try {
      const { states, all } = await this.#states(client, whole ? MOST : PAGE);
      if (this.#closed) return;
      if (all) this.conversations.update((known) => withStates(known, states, this.#me));
      this.listed.set(true);
      if (whole) {
        this.#whole = false;
        const rooms = states.map(({ channel }) => channel).filter((channel) => channel.startsWith('room:'));
        void this.people.ask(client, rooms);
      }
    } catch {
      // Cut off: asked for again with the next connect.
    }
    const { status, transport } = client.state;
    if (status === 'connected' && transport !== 'websocket') this.#refreshIn(UNTOLD);
  }

  /** Page by page, each shown as it comes; says whether that is all. */
  async #states(
    client: Client,
    most: number,
  ): Promise<{ readonly states: readonly ChannelState[]; readonly all: boolean }> {
    const states: ChannelState[] = [];
    let after: string | undefined;
    do {
      const page = await client.call('me.state', { limit: PAGE, ...(after !== undefined && { after }) });
      if (this.#closed) break;
      states.push(...page.channels);
      this.conversations.update((known) => withSomeStates(known, page.channels, this.#me));
      for (const { channel, present } of page.channels) this.presence.put(channel, present);
      this.#know(page.channels.flatMap(summaryOf));
      after = page.next;
    } while (after !== undefined && states.length < most);
    return { states, all: after === undefined };
  }
}

function summaryOf(state: ChannelState): RoomSummary[] {
  const { channel, members, private: isPrivate = false } = state;
  if (members === undefined || !channel.startsWith('room:')) return [];
  return [{ channel, name: channel.slice('room:'.length), private: isPrivate, members, joined: true }];
}
