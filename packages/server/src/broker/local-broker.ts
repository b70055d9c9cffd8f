/**
 * The broker within one process: a bus that its nodes are on. One node alone is the usual case; tests and simulation run
 * several, and have the bus lose, delay and double messages, all from one seed.
 */
import type { Clock } from '../time/clock.js';
import type { Broker, Listener, Topic, Topics } from './broker.js';
import { Listeners } from './listeners.js';
import { encodeMessage, sealEnvelopes } from './messages.js';

/** What goes wrong on the way. */
export interface BusFaults {
  /** From 0 to 1, evenly; seeded for one history that can be had again. */
  readonly random: () => number;
  /** How likely a message is lost, for each node that it is for; from 0 to 1. */
  readonly lose?: number;
  /** How likely it comes twice. */
  readonly double?: number;
  /** How long it is on its way at most, in milliseconds; each takes a time of its own, so that they overtake. */
  readonly delay?: number;
}

export interface BusOptions {
  readonly clock: Clock;
  readonly faults?: BusFaults;
}

export class LocalBus {
  readonly #clock: Clock;
  readonly #nodes = new Map<string, Listeners>();
  readonly #cut = new Set<string>();
  #faults: BusFaults | undefined;

  constructor({ clock, faults }: BusOptions) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** From now on this goes wrong, or nothing does. */
  setFaults(faults: BusFaults | undefined): void {
    this.#faults = faults;
  }

  /** The node hears nobody and is heard by nobody until it is joined again. */
  cut(node: string): void {
    this.#cut.add(node);
  }

  join(node: string): void {
    this.#cut.delete(node);
  }

  /** @throws {TypeError} where the bus has a node of this id */
  connect(node: string): Broker {
    if (this.#nodes.has(node)) throw new TypeError(`There is a node ${node} already.`);
    const listeners = new Listeners(node);
    this.#nodes.set(node, listeners);
    return new LocalBroker(node, listeners, {
      send: (envelope, to) => this.#send(node, envelope, to),
      leave: () => this.#nodes.delete(node),
      isAlone: () => this.#nodes.size === 1,
    });
  }

  #send(from: string, envelope: string, to: string | undefined): void {
    if (this.#cut.has(from)) return;
    for (const node of to === undefined ? this.#nodes.keys() : [to]) {
      if (node === from || this.#cut.has(node)) continue;
      const { random, lose = 0, double = 0, delay = 0 } = this.#faults ?? { random: () => 1 };
      if (random() < lose) continue;
      const times = random() < double ? 2 : 1;
      for (let time = 0; time < times; time++) {
        const wait = delay > 0 ? random() * delay : 0;
        this.#clock.after(wait, () => {
          if (!this.#cut.has(node)) this.#nodes.get(node)?.receive(envelope);
        });
      }
    }
  }
}

interface Way {
  send(envelope: string, to: string | undefined): void;
  leave(): void;
  isAlone(): boolean;
}

class LocalBroker implements Broker {
  readonly node: string;
  readonly #listeners: Listeners;
  readonly #way: Way;
  #closed = false;

  constructor(node: string, listeners: Listeners, way: Way) {
    this.node = node;
    this.#listeners = listeners;
    this.#way = way;
  }

  publish<T extends Topic>(topic: T, payload: Topics[T], to?: string): void {
    if (this.#closed || this.#way.isAlone()) return;
    const message = encodeMessage(topic, payload);
    if (message === undefined) return;
    for (const envelope of sealEnvelopes(this.node, [message])) this.#way.send(envelope, to);
  }

  subscribe<T extends Topic>(topic: T, listener: Listener<T>): () => void {
    return this.#listeners.add(topic, listener);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#way.leave();
    return Promise.resolve();
  }
}
