/** Who listens to which topic, and whom an envelope that came is for. */
import type { Listener, Topic } from './broker.js';
import { type Message, openEnvelope } from './messages.js';

type ByTopic = { readonly [T in Topic]: Set<Entry<T>> };

/** One for each call, so that the same listener may listen twice. */
interface Entry<T extends Topic> {
  readonly listener: Listener<T>;
}

export class Listeners {
  readonly #node: string;
  readonly #byTopic: ByTopic = {
    presence: new Set(),
    announce: new Set(),
    disconnect: new Set(),
    supersede: new Set(),
  };

  /** @param node whose own envelopes, which a bus may bring back, are passed over */
  constructor(node: string) {
    this.#node = node;
  }

  add<T extends Topic>(topic: T, listener: Listener<T>): () => void {
    const entries: Set<Entry<T>> = this.#byTopic[topic];
    const entry = { listener };
    entries.add(entry);
    return () => {
      entries.delete(entry);
    };
  }

  /** Tells an envelope's messages, in their order. */
  receive(text: string): void {
    const envelope = openEnvelope(text);
    if (envelope === undefined || envelope.from === this.#node) return;
    for (const message of envelope.messages) this.#tell(message, envelope.from);
  }

  clear(): void {
    for (const entries of Object.values(this.#byTopic)) entries.clear();
  }

  #tell<T extends Topic>({ topic, payload }: Message<T>, from: string): void {
    const entries: Set<Entry<T>> = this.#byTopic[topic];
    for (const { listener } of entries) listener(payload, from);
  }
}
