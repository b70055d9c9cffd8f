/** One channel that a session follows for itself, apart from all else. */
import type { Feed } from '../delivery/feed.js';
import { Follower, type Reader } from '../delivery/follower.js';
import { BARE_PUSHES } from '../delivery/format.js';
import type { Hub } from '../delivery/hub.js';
import type { RecoveryBounds, Wanted } from './recovery.js';

export interface SubscribeOptions {
  /** The channel as it is spelled everywhere. */
  readonly channel: string;
  /** As the client spells it, and wants to see it. */
  readonly name: string;
  readonly byServer: boolean;
  readonly wanted: Wanted;
  /** What the answer may still hold of the past; the limits' own when absent. */
  readonly bounds?: RecoveryBounds;
}

export class Subscription extends Follower {
  readonly name: string;
  readonly byServer: boolean;

  constructor(hub: Hub, reader: Reader, feed: Feed, offset: number, options: SubscribeOptions) {
    // Who spells the channel in another way cannot share the encoding.
    const format = options.name === feed.channel ? BARE_PUSHES : undefined;
    super(hub, feed, reader, offset, format);
    this.name = options.name;
    this.byServer = options.byServer;
  }
}

/** Holds a channel's place while its feed is being opened. */
export class Opening {
  readonly byServer: boolean;
  constructor(byServer: boolean) {
    this.byServer = byServer;
  }
}
