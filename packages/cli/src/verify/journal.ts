/**
 * What one participant did and saw, in its own order. It only writes down; what is right or wrong about it is for the
 * check to say.
 */
import { createHash } from 'node:crypto';
import type { Gap, Position } from '@fullduplex/wire';

export interface Seen {
  readonly epoch: string;
  readonly offset: number;
  readonly sender: string;
  readonly key: string | undefined;
  /** What `digest` makes of the data. */
  readonly data: string;
}

export interface Sent {
  readonly channel: string;
  readonly key: string;
  readonly text: string;
  /** Every answer to it: one, unless it was sent again on purpose. */
  readonly acknowledged: { readonly position: Position; readonly duplicate: boolean }[];
  /** What the server refused it for. */
  refused?: string;
}

export interface Joined {
  readonly channel: string;
  /** Of the record of having joined. */
  readonly position: Position;
}

/** A received publication, over whatever it came. */
export interface Publication {
  readonly offset: number;
  readonly data: unknown;
  readonly info: { readonly user: string; readonly key?: string };
}

/** Long enough to tell what it was, in characters. */
const DIGEST_HEAD = 60;

/** The data as JSON, cut short where it is long: a run of an hour is to fit into memory. Equal for equal data only. */
export function digest(data: unknown): string {
  const json = JSON.stringify(data);
  if (json.length <= 2 * DIGEST_HEAD) return json;
  const hash = createHash('sha256').update(json).digest('base64url');
  return `${json.slice(0, DIGEST_HEAD)}… (${json.length} characters, ${hash})`;
}

export class Journal {
  readonly user: string;
  /** How the participant reads and writes, for people to read. */
  readonly kind: string;
  /** Where it stood in each channel before anything was sent; everything after that must be seen. */
  readonly baseline = new Map<string, Position>();
  readonly seen = new Map<string, Seen[]>();
  readonly gaps: Gap[] = [];
  /** In the order in which they were sent. */
  readonly sent: Sent[] = [];
  readonly joined: Joined[] = [];
  /** Things that must not happen, whatever the log holds. */
  readonly complaints: string[] = [];

  constructor(user: string, kind: string) {
    this.user = user;
    this.kind = kind;
  }

  saw(channel: string, epoch: string, { offset, data, info }: Publication): void {
    let seen = this.seen.get(channel);
    if (!seen) {
      seen = [];
      this.seen.set(channel, seen);
    }
    seen.push({ epoch, offset, sender: info.user, key: info.key, data: digest(data) });
  }

  /** Where the participant stands: what it saw last, or where it began. */
  position(channel: string): Position | undefined {
    const last = this.seen.get(channel)?.at(-1);
    return last ? { epoch: last.epoch, offset: last.offset } : this.baseline.get(channel);
  }

  complain(what: string): void {
    // A thing that goes wrong ten thousand times is one thing.
    if (this.complaints.length < 100) this.complaints.push(what);
  }
}
