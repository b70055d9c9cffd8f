/** The requests that are held open now: each can be ended early, by a newer one of its session or by the server's end. */

export interface Held {
  /** Ends it at once, in good order. */
  release(): void;
}

export class HeldRequests {
  readonly #all = new Set<Held>();
  readonly #bySession = new Map<string, Held>();
  /** Called with a session that holds a request here from now on: other nodes release what they hold of it. */
  tellOthers: ((session: string) => void) | undefined;

  get size(): number {
    return this.#all.size;
  }

  /** Holds it; the one that the session held before is released. */
  add(held: Held, session: string | undefined): void {
    this.#all.add(held);
    if (session === undefined) return;
    this.supersede(session);
    this.tellOthers?.(session);
    this.#bySession.set(session, held);
  }

  /** A newer request of the session is here. */
  supersede(session: string): void {
    const earlier = this.#bySession.get(session);
    this.#bySession.delete(session);
    earlier?.release();
  }

  delete(held: Held, session: string | undefined): void {
    this.#all.delete(held);
    if (session !== undefined && this.#bySession.get(session) === held) this.#bySession.delete(session);
  }

  releaseAll(): void {
    for (const held of this.#all) held.release();
  }
}
