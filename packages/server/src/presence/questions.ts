/**
 * Asks other nodes who is in a channel, and answers them. Answers are bounded in number and bytes, and waited for only
 * for a moment: what did not come by then is missing from the list.
 */
import { type Broker, type ClientEntry, MAX_MESSAGE_BYTES, type PresenceMessage } from '../broker/broker.js';
import type { Clock } from '../time/clock.js';
import type { Attendance, Lease } from './attendance.js';
import type { Peer } from './cluster.js';

export interface QuestionsOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  /** How long an answer is waited for, in milliseconds. */
  readonly patience: number;
  readonly attendance: Attendance;
  readonly peers: () => Iterable<Peer>;
}

/** What one node's answer lists at most. */
const LISTED = 2000;
const LISTED_PARTS = 32;
/** Users that one question looks for among other nodes. */
const SOUGHT = 1000;
/** Questions that wait for answers at once; beyond them the own answer has to do. */
const ASKED_AT_ONCE = 256;

const PART_BYTES = MAX_MESSAGE_BYTES - 200;

type Listed = Extract<PresenceMessage, { kind: 'listed' }>;
type Question = Extract<PresenceMessage, { kind: 'list' | 'find' }>;

/** A question as it is asked of each node: its number is given with it. */
type Asked =
  | Omit<Extract<Question, { kind: 'list' }>, 'id'>
  | Omit<Extract<Question, { kind: 'find' }>, 'id'>;

interface Waiting {
  readonly node: string;
  readonly taken: Set<number>;
  take(message: PresenceMessage): void;
  /** Every part of the answer is here, or nothing more is waited for. */
  done(): void;
}

export class Questions {
  readonly #options: QuestionsOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lists = new Map<string, Promise<Lease[]>>();
  #last = 0;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Who is in the channel, this node's own first: each client once, or one of each user. */
  list(channel: string, limit: number, each: 'client' | 'user'): Promise<Lease[]> {
    const most = Math.min(limit, LISTED);
    const own = this.#options.attendance.first(channel, most, each);
    const asked = this.#peersIn(channel);
    if (own.size >= most || asked.length === 0) return Promise.resolve([...own.values()]);
    // Who asks the same while the answer is on its way is given that one.
    const name = `${each} ${most} ${channel}`;
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const listing = this.#listElsewhere(own, asked, { kind: 'list', channel, limit: most, each });
    this.#lists.set(name, listing);
    return listing.finally(() => this.#lists.delete(name));
  }

  /** Those of the users who are in the channel. */
  async find(channel: string, users: Iterable<string>): Promise<Set<string>> {
    const { attendance } = this.#options;
    const found = new Set<string>();
    const sought: string[] = [];
    for (const user of users) {
      if (attendance.isIn(channel, user)) found.add(user);
      else if (sought.length < SOUGHT) sought.push(user);
    }
    const asking: Promise<void>[] = [];
    for (const peer of this.#peersIn(channel)) {
      const there = sought.filter((user) => peer.users.has(user));
      for (const part of inParts(there, Number.POSITIVE_INFINITY)) {
        const take = (message: PresenceMessage): void => {
          if (message.kind !== 'found') return;
          for (const index of message.users) {
            const user = part[index];
            if (user !== undefined) found.add(user);
          }
        };
        asking.push(this.#ask(peer, { kind: 'find', channel, users: part }, take));
      }
    }
    await Promise.all(asking);
    return found;
  }

  receive(message: PresenceMessage, from: string): void {
    if (message.kind === 'list') this.#answerList(message, from);
    else if (message.kind === 'find') this.#answerFind(message, from);
    else if (message.kind === 'listed' || message.kind === 'found') this.#answered(message, from);
  }

  /** What waits goes on with what there is. */
  close(): void {
    for (const waiting of this.#waiting.values()) waiting.done();
  }

  #peersIn(channel: string): Peer[] {
    return [...this.#options.peers()].filter((peer) => peer.counts.has(channel));
  }

  async #listElsewhere(
    all: Map<string, Lease>,
    peers: readonly Peer[],
    question: Asked & { readonly kind: 'list' },
  ): Promise<Lease[]> {
    const take = (message: PresenceMessage): void => {
      if (message.kind !== 'listed') return;
      for (const [client, user, transport] of message.clients) {
        const lease: Lease = { client, user, transport };
        // Sessions choose their ids: two users may have chosen the same.
        const name = question.each === 'user' ? user : `${client} ${user}`;
        if (all.size < question.limit && !all.has(name)) all.set(name, lease);
      }
    };
    await Promise.all(peers.map((peer) => this.#ask(peer, question, take)));
    return [...all.values()];
  }

  #ask(peer: Peer, question: Asked, take: (message: PresenceMessage) => void): Promise<void> {
    if (this.#waiting.size >= ASKED_AT_ONCE) return Promise.resolve();
    const { broker, clock, patience } = this.#options;
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      const cancel = clock.after(patience, () => this.#waiting.get(id)?.done());
      const done = (): void => {
        cancel();
        this.#waiting.delete(id);
        resolve();
      };
      this.#waiting.set(id, { node: peer.node, taken: new Set(), take, done });
      broker.publish('presence', { ...question, id }, peer.node);
    });
  }

  #answered(message: Listed | Extract<PresenceMessage, { kind: 'found' }>, from: string): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting?.node !== from) return;
    const [part, parts] = message.kind === 'listed' ? [message.part, message.parts] : [0, 1];
    if (waiting.taken.has(part)) return;
    waiting.taken.add(part);
    waiting.take(message);
    if (waiting.taken.size >= parts) waiting.done();
  }

  #answerList({ id, channel, limit, each }: Extract<Question, { kind: 'list' }>, from: string): void {
    const own = this.#options.attendance.first(channel, Math.min(limit, LISTED), each);
    const clients = [...own.values()].map(
      ({ client, user, transport }): ClientEntry => [client, user, transport],
    );
    const parts = inParts(clients, LISTED_PARTS);
    if (parts.length === 0) parts.push([]);
    parts.forEach((listed, part) => {
      const answer: Listed = { kind: 'listed', id, part, parts: parts.length, clients: listed };
      this.#options.broker.publish('presence', answer, from);
    });
  }

  #answerFind({ id, channel, users }: Extract<Question, { kind: 'find' }>, from: string): void {
    const found = users.flatMap((user, index) =>
      this.#options.attendance.isIn(channel, user) ? [index] : [],
    );
    this.#options.broker.publish('presence', { kind: 'found', id, users: found }, from);
  }
}

/** As lists that each fit a message, and no more than so many. */
function inParts<Item>(items: readonly Item[], most: number): Item[][] {
  const parts: Item[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + size > PART_BYTES) {
      if (parts.length === most) break;
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  return parts;
}
