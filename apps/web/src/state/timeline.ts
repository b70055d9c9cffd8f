/**
 * One channel's records folded into what is shown: messages as they are after their edits, deletions and reactions.
 * Holds one unbroken run of offsets; what comes ahead of it waits until the hole is filled. Knows no network and no React.
 */
import type { Publication } from '@fullduplex/wire';
import { type Amendment, amend, type Message } from './message.js';
import { type Notices, together } from './notices.js';
import { readChatData } from './record.js';

/** Something published that is no chat record. */
export interface Data {
  readonly kind: 'data';
  readonly offset: number;
  readonly time: number;
  readonly user: string;
  readonly json: string;
}

/** Records that are no longer kept. */
export interface Lost {
  readonly kind: 'lost';
  /** The first one's. */
  readonly offset: number;
  readonly time: number;
  readonly count: number;
}

export type Entry = Message | Notices | Data | Lost;

const SHORT_JSON = 64;

export class Timeline {
  /** The run that is held is `from` to `to`, both included; `to` is `from - 1` while it is empty. */
  #from: number;
  #to: number;
  #entries: Entry[] = [];
  #shown: readonly Entry[] | undefined;
  readonly #originals = new Map<number, Message>();
  readonly #amendments = new Map<number, Amendment[]>();
  readonly #ahead = new Map<number, Publication>();

  /** @param head The offset after which the first records will come. */
  constructor(head: number) {
    this.#from = head + 1;
    this.#to = head;
  }

  /** The oldest offset that is held. */
  get from(): number {
    return this.#from;
  }

  /** The newest offset that is held without a hole before it. */
  get to(): number {
    return this.#to;
  }

  /** Whether the channel's very first record is held. */
  get complete(): boolean {
    return this.#from <= 1;
  }

  /** Records after `to` are missing, while later ones are here already. */
  get broken(): boolean {
    return this.#ahead.size > 0;
  }

  /** By offset. The same array until something changes, and each entry the same object until it changes itself. */
  get entries(): readonly Entry[] {
    this.#shown ??= this.#entries.filter((entry) => !isVoid(entry));
    return this.#shown;
  }

  /** Takes what comes live, in any order and as often as it comes. Returns whether anything shown may have changed. */
  add(publication: Publication): boolean {
    if (publication.offset <= this.#to) return false;
    if (publication.offset > this.#to + 1) {
      this.#ahead.set(publication.offset, publication);
      return false;
    }
    this.#append(publication);
    for (let next = this.#ahead.get(this.#to + 1); next; next = this.#ahead.get(this.#to + 1)) {
      this.#ahead.delete(next.offset);
      this.#append(next);
    }
    return true;
  }

  /** Takes a page that ends right before `from`, oldest first. `reachedStart`: nothing older is kept. */
  addOlder(page: readonly Publication[], reachedStart: boolean): void {
    const older = page.filter((publication) => publication.offset < this.#from);
    const entries: Entry[] = [];
    for (const publication of older) {
      const entry = this.#read(publication);
      if (entry) push(entries, entry);
    }
    // What the page itself changes comes after what it changes: put together once all of it is read.
    for (const [index, { offset }] of entries.entries()) {
      const original = this.#originals.get(offset);
      const amendments = this.#amendments.get(offset);
      if (original && amendments) entries[index] = amend(original, amendments);
    }
    const first = older[0];
    if (first) {
      this.#from = first.offset;
      const [next, ...rest] = this.#entries;
      if (next) push(entries, next);
      this.#entries = [...entries, ...rest];
    }
    if (reachedStart && this.#from > 1) {
      const lost: Lost = {
        kind: 'lost',
        offset: 1,
        time: first?.time ?? this.#entries[0]?.time ?? 0,
        count: this.#from - 1,
      };
      this.#from = 1;
      this.#entries = [lost, ...this.#entries];
    }
    this.#shown = undefined;
  }

  /** The records up to `to` (included) will never come: they are no longer kept. */
  skip(to: number, time: number): void {
    if (to <= this.#to) return;
    this.#entries.push({ kind: 'lost', offset: this.#to + 1, time, count: to - this.#to });
    this.#to = to;
    this.#shown = undefined;
    for (const offset of this.#ahead.keys()) if (offset <= to) this.#ahead.delete(offset);
    const next = this.#ahead.get(to + 1);
    if (next) {
      this.#ahead.delete(to + 1);
      this.add(next);
    }
  }

  /** Forgets the oldest entries beyond `keep`; they can be loaded again. */
  trim(keep: number): void {
    const surplus = this.#entries.length - keep;
    if (surplus <= 0) return;
    for (const entry of this.#entries.slice(0, surplus)) this.#originals.delete(entry.offset);
    this.#entries = this.#entries.slice(surplus);
    this.#from = this.#entries[0]?.offset ?? this.#to + 1;
    for (const [target, all] of this.#amendments) {
      // Those before `from` are read again with what they change; later ones would not be.
      const kept = target < this.#from ? all.filter((it) => it.offset >= this.#from) : all;
      if (kept.length === 0) this.#amendments.delete(target);
      else this.#amendments.set(target, kept);
    }
    this.#shown = undefined;
  }

  #append(publication: Publication): void {
    this.#to = publication.offset;
    const entry = this.#read(publication);
    if (entry) push(this.#entries, entry);
    this.#shown = undefined;
  }

  /** What the record adds to the entries, if it does; an amendment changes the entry that it is about. */
  #read(publication: Publication): Entry | undefined {
    const { offset, time, info } = publication;
    const data = readChatData(publication);
    switch (data?.type) {
      case 'message':
      case 'deleted': {
        const message: Message = {
          kind: 'message',
          offset,
          key: info.key,
          user: info.user,
          time,
          text: data.type === 'message' ? data.text : '',
          edited: false,
          deleted: false,
          ...(data.type === 'deleted' && { redacted: true }),
          reactions: [],
        };
        this.#originals.set(offset, message);
        return message;
      }
      case 'edit':
        this.#amend(data.offset, { offset, user: info.user, what: 'edit', text: data.text });
        return undefined;
      case 'delete':
        this.#amend(data.offset, { offset, user: info.user, what: 'delete' });
        return undefined;
      case 'reaction':
        this.#amend(data.offset, {
          offset,
          user: info.user,
          what: 'reaction',
          text: data.reaction,
          on: data.on,
        });
        return undefined;
      case 'joined':
      case 'left':
        return {
          kind: 'notices',
          offset,
          last: offset,
          time,
          all: [{ what: data.type, user: data.user, by: data.type === 'joined' ? data.by : undefined }],
        };
      case 'read':
        return undefined;
      default:
        return {
          kind: 'data',
          offset,
          time,
          user: info.user,
          json: writeJson(publication.data),
        };
    }
  }

  #amend(target: number, amendment: Amendment): void {
    const known = this.#amendments.get(target) ?? [];
    // What was forgotten by trimming is read again.
    if (known.some((it) => it.offset === amendment.offset)) return;
    const all = [...known, amendment].sort((a, b) => a.offset - b.offset);
    this.#amendments.set(target, all);
    const original = this.#originals.get(target);
    if (!original) return;
    const at = indexOfOffset(this.#entries, target);
    if (at !== -1) this.#entries[at] = amend(original, all);
  }
}

/** What was redacted, and is not known to have been a message that was deleted: an edit that another replaced. */
function isVoid(entry: Entry): boolean {
  return entry.kind === 'message' && entry.redacted === true && !entry.deleted;
}

/** Adds an entry at the end; a notice goes to those right before it. */
function push(entries: Entry[], entry: Entry): void {
  const last = entries.at(-1);
  const joined = entry.kind === 'notices' && last?.kind === 'notices' ? together(last, entry) : undefined;
  if (joined) entries[entries.length - 1] = joined;
  else entries.push(entry);
}

/** On one line when it is short. */
function writeJson(data: unknown): string {
  const tall = JSON.stringify(data, null, 2);
  const flat = JSON.stringify(data, null, 1).replaceAll(/\n */g, ' ');
  return flat.length <= SHORT_JSON ? flat : tall;
}

function indexOfOffset(entries: readonly Entry[], offset: number): number {
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = entries[middle]!.offset;
    if (found === offset) return middle;
    if (found < offset) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
