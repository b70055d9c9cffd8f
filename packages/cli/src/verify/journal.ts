/**
 * What one participant did and saw, in its own order. It only writes down; what is right or wrong about it is for the
 * check to say.
 */
import type { Gap, Position } from '@fullduplex/wire';
import { digest } from './truth/truth.js';

/** How much can be wanted of a reader. */
export type JournalKind =
  /** Takes everything in the log's one order, as it comes. */
  | 'bare'
  /** Sorts each channel by itself. */
  | 'client'
  /** Reads nothing. */
  | 'writer';

/** What a reader was given, in the order in which it came. */
export type Given =
  | {
      readonly is: 'publication';
      readonly channel: string;
      readonly epoch: string;
      readonly offset: number;
      readonly sender: string;
      readonly key: string | undefined;
      /** What `digest` makes of the data. */
      readonly data: string;
      /** Its place in the order of everything, where a cursor came with it. */
      readonly id: number | undefined;
    }
  | { readonly is: 'gap'; readonly gap: Gap }
  /** Its place was refused: it took the state anew, and read on by offset. */
  | { readonly is: 'anew' };

export type GivenPublication = Extract<Given, { is: 'publication' }>;

export interface Sent {
  readonly channel: string;
  /** Absent where it was sent without one, and never again. */
  readonly key?: string;
  /** What `digest` makes of what is to be stored. */
  readonly data: string;
  readonly text?: string;
  /** Every answer to it: one, unless it was sent again on purpose. The client does not tell whether it was a duplicate. */
  readonly acknowledged: { readonly position: Position; readonly duplicate?: boolean }[];
  /** What the server refused it for. */
  refused?: string;
  /** It was refused as it had to be: the sender was outside. */
  declined?: true;
  /** It was asked to be deleted. */
  deleted?: true;
}

/** A message that was deleted, or whose edit was: what it said must be nowhere. */
export interface Deleted {
  readonly channel: string;
  readonly offset: number;
  readonly text: string;
}

export interface Receipt {
  readonly channel: string;
  readonly offset: number;
  acknowledged: boolean;
}

/** A received publication, over whatever it came. */
export interface Publication {
  readonly offset: number;
  readonly data: unknown;
  readonly info: { readonly user: string; readonly key?: string };
}

export class Journal {
  readonly user: string;
  readonly kind: JournalKind;
  /** How the participant reads and writes, for people to read. */
  readonly name: string;
  /** Where it began in the order of everything; undefined where no cursor said so. */
  place: number | undefined;
  /** Where it stood in each channel before anything was sent. */
  readonly baseline = new Map<string, Position>();
  /** Channels that it asks for besides what it belongs to. */
  readonly besides: string[] = [];
  readonly given: Given[] = [];
  /** In the order in which they were sent. */
  readonly sent: Sent[] = [];
  /** Channels that it joined, by the position of the record. */
  readonly joined = new Map<string, Position>();
  readonly deleted: Deleted[] = [];
  readonly receipts: Receipt[] = [];
  /** On a plain address: the texts that came, of each connection. */
  readonly plain: string[][] = [];
  /** Things that must not happen, whatever the log holds. */
  readonly complaints: string[] = [];
  readonly #last = new Map<string, Position>();

  constructor(user: string, kind: JournalKind, name: string) {
    this.user = user;
    this.kind = kind;
    this.name = name;
  }

  saw(channel: string, epoch: string, { offset, data, info }: Publication, id?: number): void {
    const { user: sender, key } = info;
    this.given.push({ is: 'publication', channel, epoch, offset, sender, key, data: digest(data), id });
    this.#last.set(channel, { epoch, offset });
  }

  missed(gap: Gap): void {
    this.given.push({ is: 'gap', gap });
    const { channel, epoch, to: offset } = gap;
    if (offset > (this.#last.get(channel)?.offset ?? 0)) this.#last.set(channel, { epoch, offset });
  }

  beganAnew(): void {
    this.given.push({ is: 'anew' });
  }

  /** Where the participant stands: at what came last, or where it began. */
  position(channel: string): Position | undefined {
    return this.#last.get(channel) ?? this.baseline.get(channel);
  }

  complain(what: string): void {
    // A thing that goes wrong ten thousand times is one thing.
    if (this.complaints.length < 100 && !this.complaints.includes(what)) this.complaints.push(what);
  }
}

/** The place that a cursor stands for; undefined for none that can be understood. */
export function placeOf(cursor: string | undefined): number | undefined {
  const id = Number.parseInt(/^2([0-9a-z]{1,11})\./.exec(cursor ?? '')?.[1] ?? '', 36);
  return Number.isSafeInteger(id) ? id : undefined;
}
