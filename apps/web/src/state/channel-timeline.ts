/**
 * Loads one channel's timeline and keeps it whole: the newest page first, older ones on demand, live records as they
 * come, and a hole between the two read again. What it shows is one value that can be watched.
 */
import type { ClientErrorCode, History, HistoryOptions } from '@fullduplex/client';
import type { Gap, Publication } from '@fullduplex/wire';
import { codeOf } from './error-code.js';
import type { Readable } from './store.js';
import { Store } from './store.js';
import { type Entry, Timeline } from './timeline.js';

/** Records in the first page, unless more are unread. */
const FIRST_PAGE = 60;
const OLDER_PAGE = 100;
const MOST_AT_ONCE = 200;
/** Entries kept of a timeline that nobody looks at, */
const KEEP_UNSEEN = 120;
/** and of one whose end is watched, once it has twice as many. */
const KEEP_FOLLOWED = 500;

export interface TimelineView {
  /** `denied`: there is no such channel, or no right to read it. */
  readonly status: 'loading' | 'ready' | 'failed' | 'denied';
  readonly error: ClientErrorCode | undefined;
  readonly entries: readonly Entry[];
  /** Nothing older is to be had. */
  readonly atStart: boolean;
  readonly older: 'idle' | 'loading' | 'failed';
  /** Others' messages after this offset are "new since you were here". */
  readonly newAfter: number | undefined;
  /** The server's log began anew since the page was opened: what was shown before is of another log. */
  readonly beganAnew: boolean;
  /** The newest offset that is shown. */
  readonly head: number;
}

const EMPTY: TimelineView = {
  status: 'loading',
  error: undefined,
  entries: [],
  atStart: false,
  older: 'idle',
  newAfter: undefined,
  beganAnew: false,
  head: 0,
};

export type ReadHistory = (options: HistoryOptions) => Promise<History>;

export class ChannelTimeline implements Readable<TimelineView> {
  readonly #view = new Store<TimelineView>(EMPTY);
  readonly #read: ReadHistory;
  #timeline: Timeline | undefined;
  /** What came live before the first page did. */
  #early: Publication[] = [];
  #loading = false;
  /** Goes up when the log begins anew: what is on its way then is of another log. */
  #beginning = 0;
  #filling = false;
  #flushing = false;

  constructor(read: ReadHistory) {
    this.#read = read;
  }

  readonly get = (): TimelineView => this.#view.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#view.subscribe(listener);

  /** Loads the newest page unless it is there, and what is missing of it. `unread`: how many records back what is new begins. */
  async load(unread = 0): Promise<void> {
    if (this.#timeline?.broken) void this.#fill();
    if (this.#timeline || this.#loading) return;
    this.#loading = true;
    const beginning = this.#beginning;
    this.#patch({ status: 'loading', error: undefined });
    const limit = Math.min(Math.max(unread + 20, FIRST_PAGE), MOST_AT_ONCE);
    try {
      const page = await this.#read({ limit });
      if (beginning === this.#beginning) this.#begin(page);
    } catch (error) {
      const code = codeOf(error);
      if (beginning === this.#beginning) {
        this.#patch({ status: isDenied(code) ? 'denied' : 'failed', error: code });
      }
    } finally {
      if (beginning === this.#beginning) this.#loading = false;
    }
  }

  async loadOlder(): Promise<void> {
    const timeline = this.#timeline;
    if (!timeline || timeline.complete || this.get().older === 'loading') return;
    this.#patch({ older: 'loading' });
    try {
      const page = await this.#read({ before: timeline.from, limit: OLDER_PAGE });
      if (timeline !== this.#timeline) return;
      timeline.addOlder(page.publications, isStart(page));
      this.#patch({ older: 'idle' });
      this.#show();
    } catch {
      this.#patch({ older: 'failed' });
    }
  }

  /** Takes a live record; one that was taken before changes nothing. */
  add(publication: Publication): void {
    if (!this.#timeline) {
      if (this.#loading) this.#early.push(publication);
      return;
    }
    if (this.#timeline.add(publication)) this.#showSoon();
    if (this.#timeline.broken) void this.#fill();
  }

  /** The log cannot go on from where we were. */
  gap(gap: Gap): void {
    if (gap.reason === 'epoch') {
      this.#timeline = undefined;
      this.#early = [];
      this.#beginning++;
      this.#loading = false;
      this.#patch({ ...EMPTY, beganAnew: true });
      void this.load();
      return;
    }
    const timeline = this.#timeline;
    if (!timeline) return;
    timeline.skip(gap.to, timeline.entries.at(-1)?.time ?? 0);
    this.#showSoon();
  }

  markNewAfter(offset: number | undefined): void {
    this.#patch({ newAfter: offset });
  }

  /** Gives back memory while nobody looks. */
  trim(): void {
    this.#timeline?.trim(KEEP_UNSEEN);
    this.#show();
  }

  /** Gives back memory while one follows what comes: a page that is open for days holds no more than this. */
  trimFollowed(): void {
    if (this.get().entries.length < 2 * KEEP_FOLLOWED) return;
    this.#timeline?.trim(KEEP_FOLLOWED);
    this.#show();
  }

  #begin(page: History): void {
    const last = page.publications.at(-1);
    const timeline = new Timeline(last?.offset ?? page.offset);
    timeline.addOlder(page.publications, isStart(page));
    this.#timeline = timeline;
    const early = this.#early;
    this.#early = [];
    for (const publication of early) timeline.add(publication);
    this.#patch({ status: 'ready', error: undefined });
    this.#show();
    if (timeline.broken) void this.#fill();
  }

  /** Reads what lies between the page and what came live. */
  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (this.#timeline?.broken) {
        const timeline = this.#timeline;
        const page = await this.#read({ after: timeline.to, limit: MOST_AT_ONCE });
        if (page.gap) timeline.skip(page.gap.to, page.publications[0]?.time ?? 0);
        const before = timeline.to;
        for (const publication of page.publications) timeline.add(publication);
        if (timeline.to === before) break;
      }
    } catch {
      // Told again by the next record, or read again after the next connect.
    } finally {
      this.#filling = false;
      this.#show();
    }
  }

  /** Many records in one turn are shown once. */
  #showSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#show();
    });
  }

  #show(): void {
    const timeline = this.#timeline;
    if (!timeline) return;
    this.#patch({ entries: timeline.entries, atStart: timeline.complete, head: timeline.to });
  }

  #patch(change: Partial<TimelineView>): void {
    this.#view.update((view) => ({ ...view, ...change }));
  }
}

function isStart(page: History): boolean {
  return page.publications.length === 0 || page.gap !== undefined || page.publications[0]!.offset === 1;
}

function isDenied(code: ClientErrorCode): boolean {
  return code === 'unknown_channel' || code === 'permission_denied' || code === 'invalid_name';
}
