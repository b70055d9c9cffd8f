/**
 * One reader's position in one channel. Whatever it is given, in whatever order and however often, it tells every
 * publication once and in offset order; where something is missing it reads the log again, and tells of a gap only when
 * the log no longer has it. It must not know what brings the publications.
 */
import type { CommandResults, Gap, Position, Publication } from '@fullduplex/wire';
import type { Backoff } from '../backoff.js';
import { badAnswer, passes } from '../errors.js';
import type { ChannelStart } from '../transport/transport.js';
import { ClientError, type Clock, type ReceivedPublication } from '../types.js';

export type HistoryPage = CommandResults['channel.history'];

export interface ReaderOptions {
  readonly channel: string;
  /** Reads the log after an offset, oldest first. */
  readonly history: (channel: string, options: { after: number; limit: number }) => Promise<HistoryPage>;
  readonly onPublication: (publication: ReceivedPublication) => void;
  readonly onGap: (gap: Gap) => void;
  /** `behind` changed. */
  readonly onChange: () => void;
  readonly clock: Clock;
  /** Between attempts to read the log. */
  readonly backoff: Backoff;
}

/** Publications that came while the log was read again are kept up to this number; beyond it they are read as well. */
const MAX_HELD = 256;
/** How many are read from the log at once. */
const PAGE = 200;

export class ChannelReader {
  readonly channel: string;
  readonly #options: ReaderOptions;
  #position: Position | undefined;
  /** Where the channel stood when reading of it began, while nothing of it has come yet: what comes has the last word. */
  #assumed: Position | undefined;
  /** Where we stood when the user left the channel, who is back while nothing of it has come yet. */
  #before: Position | undefined;
  /** The greatest offset that is known to be there. */
  #head = 0;
  /** Contiguous, and after a hole that is being read. */
  #held: Publication[] = [];
  #filling = false;
  #retry: unknown;
  #stopped = false;

  constructor(options: ReaderOptions, position?: Position) {
    this.channel = options.channel;
    this.#options = options;
    this.#position = position;
  }

  /** The last publication that was told, or where reading began; `undefined` where what comes next is the beginning. */
  get position(): Position | undefined {
    return this.#position ?? this.#assumed;
  }

  /** How many publications are known to be there and not told yet. */
  get behind(): number {
    return this.#position ? Math.max(0, this.#head - this.#position.offset) : 0;
  }

  /**
   * Where the channel stands at the place from which everything is read on: what we missed of it is read. Without a
   * position of our own we begin here.
   */
  compare(head: Position): void {
    this.#position ??= this.#before;
    if (this.position) this.resume({ ...head, recovered: false, publications: [] });
    else this.#assumed = head;
  }

  /** Reading begins, or goes on, with this. */
  resume(start: ChannelStart): void {
    const first = start.publications[0];
    this.#position ??= this.#assumed ?? {
      epoch: start.epoch,
      offset: first ? first.offset - 1 : start.offset,
    };
    this.#before = undefined;
    // The server has judged our position: it is good, also where the log goes by another epoch now.
    if (start.recovered) this.#enter(start.epoch);
    if (!this.#sameLog(start.epoch) || start.offset < this.#position.offset) {
      this.fill();
      return;
    }
    this.#head = Math.max(this.#head, start.offset);
    for (const publication of start.publications) this.receive(publication, start.epoch);
    if (!start.recovered && this.behind > 0) this.fill();
    this.#options.onChange();
  }

  /** The user belongs to the channel again: its publications go on at their joining, wherever we were. */
  rejoin(): void {
    this.#before = this.position ?? this.#before;
    this.#position = undefined;
    this.#assumed = undefined;
    this.#head = 0;
    this.#held = [];
  }

  /** @param epoch of this publication, where it is known */
  receive(publication: Publication, epoch?: string): void {
    const { offset } = publication;
    if (offset <= ((this.#position ?? this.#before)?.offset ?? 0)) return;
    this.#position ??= this.#beginning(offset, epoch);
    if (epoch !== undefined) this.#enter(epoch);
    this.#head = Math.max(this.#head, offset);
    if (this.#filling || offset > this.#position.offset + 1) {
      this.#hold(publication);
      this.fill();
    } else {
      this.#tell(publication);
    }
    this.#options.onChange();
  }

  /** The server says that records are gone. */
  gap(gap: Gap): void {
    if (gap.reason === 'retention') this.#enter(gap.epoch);
    const position = this.position ?? this.#before;
    const here = position?.epoch === gap.epoch && gap.head >= position.offset;
    // Passed already: it was told, or read in time.
    if (here && gap.to <= position.offset) return;
    const known = here && !this.#before;
    this.#position = { epoch: gap.epoch, offset: gap.to };
    this.#head = gap.head;
    if (!here) this.#held = [];
    this.#before = undefined;
    // What we were still reading before it is gone as well.
    this.#options.onGap(known ? { ...gap, from: position.offset + 1 } : gap);
    this.#settle();
  }

  /** Reads the log from our position until there is nothing missing. */
  fill(): void {
    if (this.#filling || this.#stopped || !this.#position) return;
    this.#options.clock.clearTimer(this.#retry);
    this.#filling = true;
    this.#fill()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#filling = false;
        this.#options.onChange();
      });
  }

  stop(): void {
    this.#stopped = true;
    this.#held = [];
    this.#options.clock.clearTimer(this.#retry);
  }

  async #fill(): Promise<void> {
    const { history } = this.#options;
    for (;;) {
      const from = this.#position;
      if (!from) return;
      const page = await history(this.channel, { after: from.offset, limit: PAGE });
      if (this.#stopped) return;
      // A gap that was told meanwhile has moved us: what was asked for is not what is needed now.
      if (this.#position !== from) continue;
      if (!this.#sameLog(page.epoch) || page.offset < from.offset) {
        await this.#beginAnew(from);
        continue;
      }
      if (page.gap) this.gap(page.gap);
      for (const publication of page.publications) this.#tell(publication);
      this.#options.backoff.reset();
      this.#head = Math.max(page.offset, this.#held.at(-1)?.offset ?? 0);
      this.#drain();
      this.#options.onChange();
      if (this.behind === 0) return;
      if (this.#position?.offset === from.offset) {
        throw badAnswer('The log said that there is more, and gave nothing.');
      }
    }
  }

  /** The channel is another one than we were reading: tell so, and read it from its beginning. */
  async #beginAnew(from: Position): Promise<void> {
    const { history } = this.#options;
    const page = await history(this.channel, { after: 0, limit: PAGE });
    if (this.#stopped || this.#position !== from) return;
    const oldest = page.gap?.oldest ?? 1;
    this.gap({
      channel: this.channel,
      reason: 'epoch',
      epoch: page.epoch,
      from: 1,
      to: oldest - 1,
      oldest,
      head: page.offset,
    });
  }

  /** Where we stand when the first publication comes. */
  #beginning(offset: number, epoch: string | undefined): Position {
    const assumed = this.#assumed;
    const known = epoch ?? (assumed ?? this.#before)?.epoch ?? '';
    this.#assumed = undefined;
    this.#before = undefined;
    return assumed && offset > assumed.offset ? assumed : { epoch: known, offset: offset - 1 };
  }

  /** The log goes by this epoch now, and our position is good in it. */
  #enter(epoch: string): void {
    const position = this.#position;
    if (position && position.epoch !== epoch) this.#position = { epoch, offset: position.offset };
  }

  /** Whether our position is of this log; one that came without an epoch is of the first that is named. */
  #sameLog(epoch: string): boolean {
    if (this.#position?.epoch === '') this.#enter(epoch);
    return this.#position?.epoch === epoch;
  }

  #tell(publication: Publication): void {
    const position = this.#position;
    if (this.#stopped || !position || publication.offset !== position.offset + 1) return;
    // Before the listener is called: one that asks for the channel again must not get this publication again.
    this.#position = { epoch: position.epoch, offset: publication.offset };
    this.#options.onPublication({ channel: this.channel, epoch: position.epoch, ...publication });
  }

  #hold(publication: Publication): void {
    const last = this.#held.at(-1);
    if (last && publication.offset <= last.offset) return;
    if (last && (publication.offset !== last.offset + 1 || this.#held.length >= MAX_HELD)) this.#held = [];
    this.#held.push(publication);
  }

  #drain(): void {
    const held = this.#held;
    const next = (this.#position?.offset ?? 0) + 1;
    if (held[0] && held[0].offset > next) return;
    this.#held = [];
    for (const publication of held) this.#tell(publication);
  }

  /** What was held can be told, or is to be read. */
  #settle(): void {
    this.#drain();
    if (this.#held.length > 0) this.fill();
    this.#options.onChange();
  }

  #failed(error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    if (this.#stopped) return;
    if (error.retryable) {
      const { backoff, clock } = this.#options;
      clock.clearTimer(this.#retry);
      this.#retry = clock.setTimer(() => this.fill(), backoff.next());
    } else if (!passes(error)) {
      // Where the server would not let us read, it would not the next time: what is missing is not ours to have.
      this.#head = 0;
    }
  }
}
