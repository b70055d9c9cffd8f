/**
 * Facts that were asked for, in memory and bounded in bytes: single ones, that there is none of a key too, and whole sets
 * that share a prefix. It is never the truth: it is as the log's tail has said so far, and changes by that alone. It must
 * not know what a fact means.
 */
import type { Fact, Log, TailRecord } from '../log/log.js';

/** All facts that share a prefix, kept in whatever form their user likes. */
export interface FactSet {
  /** About how many bytes it takes. */
  readonly bytes: number;
  /** Somebody watches it: it is not let go. */
  readonly watched: boolean;
  /** It may be wrong, until `replace` is called. */
  doubt(): void;
  /** The facts as they are; those that are not among them are gone. */
  replace(facts: Iterable<Fact>): void;
  put(fact: Fact): void;
  remove(key: string): void;
  /** All changes so far are complete: tells whoever watches. Must not throw. */
  tell(): void;
}

export interface FactCacheOptions {
  readonly log: Pick<Log, 'facts' | 'list'>;
  /** What is not watched is let go beyond this. */
  readonly maxBytes: number;
}

/** Makes a set, empty. `watched` is to be called whenever its `watched` changes. */
export type MakeSet<Set extends FactSet> = (watched: () => void) => Set;

interface CachedFact {
  readonly kind: 'fact';
  /** null: there is none. */
  fact: Fact | null;
  /** Changes up to this id are in it. */
  asOf: number;
  bytes: number;
  /** Since it was last looked at for being let go. */
  used: boolean;
}

/** Part of a set that was loaded at once: up to this key, the last one to the end; with changes up to this id in it. */
interface Page {
  readonly last: string | undefined;
  readonly asOf: number;
}

interface CachedSet<Set> {
  readonly kind: 'set';
  readonly set: Set;
  readonly pages: readonly Page[];
  bytes: number;
  used: boolean;
}

interface Change {
  readonly key: string;
  readonly fact: Fact | null;
  readonly id: number;
}

interface Loading {
  readonly done: Promise<void>;
  /** What was told since it began. */
  readonly changes: Change[];
}

/** The contract's most. */
const PAGE = 10_000;
const FACT_BYTES = 256;

/** Thrown by a look at what is not at hand: look again once `load` has resolved. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded';
  readonly load: () => Promise<void>;

  constructor(load: () => Promise<void>) {
    super('These facts are to be loaded first.');
    this.load = load;
  }
}

export class FactCache<Set extends FactSet> {
  readonly #log: Pick<Log, 'facts' | 'list'>;
  readonly #maxBytes: number;
  /** What may be let go, the longest held first; sets by their prefix, which is no fact's key. */
  readonly #held = new Map<string, CachedFact | CachedSet<Set>>();
  /** Sets that are watched. */
  readonly #pinned = new Map<string, CachedSet<Set>>();
  /** Watched sets that may be wrong, until they are loaded anew. */
  readonly #stale = new Map<string, Set>();
  readonly #loading = new Map<string, Loading>();
  #bytes = 0;
  /** How often ids were skipped: what was being loaded then has missed changes. */
  #skips = 0;

  constructor({ log, maxBytes }: FactCacheOptions) {
    this.#log = log;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of what may be let go. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The fact, or null where there is none; undefined when it is not known here. */
  peek(key: string): Fact | null | undefined {
    const held = this.#held.get(key);
    if (held === undefined || held.kind === 'set') return undefined;
    held.used = true;
    return held.fact;
  }

  /** @throws {NotLoaded} */
  get(key: string): Fact | undefined {
    const fact = this.peek(key);
    if (fact === undefined) throw new NotLoaded(() => this.load([key]));
    return fact ?? undefined;
  }

  /** Several at once, so that they are loaded together. @throws {NotLoaded} */
  getAll(keys: readonly string[]): readonly (Fact | undefined)[] {
    const facts = keys.map((key) => this.peek(key));
    if (facts.includes(undefined)) throw new NotLoaded(() => this.load(keys));
    return facts.map((fact) => fact ?? undefined);
  }

  /** All facts whose key begins with the prefix, which ends with a slash. @throws {NotLoaded} */
  getSet(prefix: string, make: MakeSet<Set>): Set {
    const cached = this.#pinned.get(prefix) ?? this.#held.get(prefix);
    if (cached?.kind !== 'set') throw new NotLoaded(() => this.#loadSet(prefix, make));
    cached.used = true;
    return cached.set;
  }

  /** @throws {LogError} */
  async load(keys: readonly string[]): Promise<void> {
    const missing = keys.filter((key) => !this.#held.has(key) && !this.#loading.has(key));
    const waiting = keys.flatMap((key) => this.#loading.get(key)?.done ?? []);
    if (missing.length > 0) {
      const changes: Change[] = [];
      const done = this.#loadFacts(missing, changes).finally(() => {
        for (const key of missing) this.#loading.delete(key);
      });
      for (const key of missing) this.#loading.set(key, { done, changes });
      waiting.push(done);
    }
    await Promise.all(waiting);
  }

  /** Lets go of these, so that they are loaded anew. */
  forget(keys: Iterable<string>): void {
    for (const key of keys) {
      const held = this.#held.get(key);
      if (held?.kind === 'fact') this.#letGo(key, held);
    }
  }

  /** The log's tail has come to this record. */
  changed({ id, changes }: TailRecord): void {
    if (changes === undefined) return;
    const touched: Set[] = [];
    for (const { key, value } of changes) {
      const fact = value === null ? null : { key, value, id };
      this.#loading.get(key)?.changes.push({ key, fact, id });
      const held = this.#held.get(key);
      if (held?.kind === 'fact' && id > held.asOf) this.#put(key, fact, id);
      const prefix = prefixOf(key);
      if (prefix === undefined) continue;
      this.#loading.get(prefix)?.changes.push({ key, fact, id });
      const cached = this.#pinned.get(prefix) ?? this.#held.get(prefix);
      if (cached?.kind !== 'set' || id <= asOf(cached.pages, key)) continue;
      apply(cached.set, key, fact);
      if (!cached.set.watched) this.#weigh(cached);
      touched.push(cached.set);
    }
    for (const set of touched) set.tell();
  }

  /** Some ids were never told: everything here may be wrong. Sets that are watched are loaded anew. */
  skipped(): void {
    this.#skips++;
    this.#held.clear();
    this.#bytes = 0;
    for (const [prefix, { set }] of this.#pinned) this.#stale.set(prefix, set);
    this.#pinned.clear();
    for (const set of this.#stale.values()) set.doubt();
  }

  /** Loads what is watched and may be wrong. @throws {LogError} */
  async refresh(): Promise<void> {
    await Promise.all(Array.from(this.#stale, ([prefix, set]) => this.#loadSet(prefix, () => set)));
  }

  async #loadFacts(keys: readonly string[], changes: Change[]): Promise<void> {
    for (let skips = -1; skips !== this.#skips; ) {
      skips = this.#skips;
      changes.length = 0;
      const { facts, id } = await this.#log.facts(keys);
      if (skips !== this.#skips) continue;
      for (const [index, key] of keys.entries()) this.#put(key, facts[index] ?? null, id);
      for (const change of changes) if (change.id > id) this.#put(change.key, change.fact, change.id);
    }
  }

  #loadSet(prefix: string, make: MakeSet<Set>): Promise<void> {
    const under = this.#loading.get(prefix);
    if (under !== undefined) return under.done;
    const changes: Change[] = [];
    const done = this.#readSet(prefix, make, changes).finally(() => this.#loading.delete(prefix));
    this.#loading.set(prefix, { done, changes });
    return done;
  }

  async #readSet(prefix: string, make: MakeSet<Set>, changes: Change[]): Promise<void> {
    for (let skips = -1; skips !== this.#skips; ) {
      skips = this.#skips;
      changes.length = 0;
      const found = new Map<string, Fact>();
      const pages: Page[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const { facts, id } = await this.#log.list(prefix, PAGE, after);
        for (const fact of facts) found.set(fact.key, fact);
        more = facts.length === PAGE;
        after = facts.at(-1)?.key;
        pages.push({ last: more ? after : undefined, asOf: id });
      }
      if (skips !== this.#skips) continue;
      for (const { key, fact, id } of changes) {
        if (id <= asOf(pages, key)) continue;
        if (fact === null) found.delete(key);
        else found.set(key, fact);
      }
      this.#keep(prefix, make, found.values(), pages);
    }
  }

  #keep(prefix: string, make: MakeSet<Set>, facts: Iterable<Fact>, pages: readonly Page[]): void {
    const set = this.#stale.get(prefix) ?? make(() => this.#pin(prefix));
    this.#stale.delete(prefix);
    set.replace(facts);
    const cached: CachedSet<Set> = { kind: 'set', set, pages, bytes: set.bytes, used: false };
    if (set.watched) {
      this.#pinned.set(prefix, cached);
    } else {
      this.#held.set(prefix, cached);
      this.#bytes += cached.bytes;
      this.#makeRoom();
    }
    set.tell();
  }

  /** Somebody has begun to watch the set, or nobody does any more. */
  #pin(prefix: string): void {
    const held = this.#held.get(prefix);
    const pinned = this.#pinned.get(prefix);
    if (held?.kind === 'set' && held.set.watched) {
      this.#letGo(prefix, held);
      this.#pinned.set(prefix, held);
    } else if (pinned !== undefined && !pinned.set.watched) {
      this.#pinned.delete(prefix);
      pinned.bytes = pinned.set.bytes;
      this.#held.set(prefix, pinned);
      this.#bytes += pinned.bytes;
      this.#makeRoom();
    } else if (this.#stale.get(prefix)?.watched === false) {
      this.#stale.delete(prefix);
    }
  }

  #put(key: string, fact: Fact | null, id: number): void {
    const bytes = FACT_BYTES + 2 * (key.length + (fact?.value.length ?? 0));
    const held = this.#held.get(key);
    if (held?.kind === 'fact') {
      this.#bytes += bytes - held.bytes;
      held.fact = fact;
      held.asOf = id;
      held.bytes = bytes;
    } else {
      this.#held.set(key, { kind: 'fact', fact, asOf: id, bytes, used: false });
      this.#bytes += bytes;
    }
    this.#makeRoom();
  }

  #weigh(cached: CachedSet<Set>): void {
    this.#bytes += cached.set.bytes - cached.bytes;
    cached.bytes = cached.set.bytes;
    this.#makeRoom();
  }

  /** Lets go of the longest held, where it was not used since the last time. */
  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes && this.#held.size > 1) {
      const [longest] = this.#held;
      const [key, cached] = longest!;
      this.#letGo(key, cached);
      if (!cached.used) continue;
      cached.used = false;
      this.#held.set(key, cached);
      this.#bytes += cached.bytes;
    }
  }

  #letGo(key: string, cached: CachedFact | CachedSet<Set>): void {
    this.#held.delete(key);
    this.#bytes -= cached.bytes;
  }
}

/** Up to which id changes of the key were in what was loaded. */
function asOf(pages: readonly Page[], key: string): number {
  if (pages.length === 1) return pages[0]!.asOf;
  const bytes = Buffer.from(key);
  const page = pages.find(({ last }) => last === undefined || Buffer.compare(bytes, Buffer.from(last)) <= 0);
  return page!.asOf;
}

function apply(set: FactSet, key: string, fact: Fact | null): void {
  if (fact === null) set.remove(key);
  else set.put(fact);
}

/** Up to the second slash, with it. */
function prefixOf(key: string): string | undefined {
  const second = key.indexOf('/', key.indexOf('/') + 1);
  return second === -1 ? undefined : key.slice(0, second + 1);
}
