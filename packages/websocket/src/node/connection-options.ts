/** What a connection of either role can be told, the defaults, and the settings they come to. */
import { Keepalive, type KeepaliveOptions } from './keepalive.js';
import { type LinkSettings, nodeMemory } from './link-settings.js';

export interface ConnectionOptions {
  /** Bytes a message may have; 0 for no limit. 100 MiB by default. */
  readonly maxPayload?: number;
  readonly skipUTF8Validation?: boolean;
  /**
   * Bytes of messages that are kept while no listener for them is there, or no iteration takes them; then reading stops.
   * 128 KiB by default. With 0, what nobody listens for is dropped.
   */
  readonly highWaterMark?: number;
  /** Milliseconds after which what was kept is dropped, and reading goes on. 30,000 by default; 0 for never. */
  readonly untakenTimeout?: number;
  /** Answer pings. True by default. */
  readonly autoPong?: boolean;
  /** Milliseconds the peer has to finish the closing handshake. 30,000 by default. */
  readonly closeTimeout?: number;
  /**
   * Bytes that may wait to be sent to a peer that does not read, 64 MiB by default, 0 for no limit; and what happens
   * beyond it: the connection is ended (`close`, the default), or the message is dropped and its callback told (`drop`).
   */
  readonly maxBackpressure?: number;
  readonly onBackpressure?: 'close' | 'drop';
  /** Ping a peer that is silent, and end the connection when it does not answer. Off by default. */
  readonly keepalive?: KeepaliveOptions | false;
}

const DEFAULT_MAX_PAYLOAD = 100 * 1024 * 1024;
const DEFAULT_CLOSE_TIMEOUT = 30_000;
/** More than a stream at the other end writes ahead (64 KiB from Node 22 on), so that its end is seen though nobody reads. */
export const DEFAULT_HIGH_WATER_MARK = 128 * 1024;
const DEFAULT_UNTAKEN_TIMEOUT = 30_000;
const DEFAULT_MAX_BACKPRESSURE = 64 * 1024 * 1024;

export function linkSettings(
  options: ConnectionOptions,
  roles: Pick<LinkSettings, 'role' | 'maskingKey' | 'onGone'>,
): LinkSettings {
  return {
    ...roles,
    maxPayload: options.maxPayload ?? DEFAULT_MAX_PAYLOAD,
    skipUtf8Validation: options.skipUTF8Validation === true,
    closeTimeout: options.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT,
    autoPong: options.autoPong ?? true,
    highWaterMark: options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK,
    untakenTimeout: options.untakenTimeout ?? DEFAULT_UNTAKEN_TIMEOUT,
    maxBackpressure: options.maxBackpressure ?? DEFAULT_MAX_BACKPRESSURE,
    dropBeyond: options.onBackpressure === 'drop',
    keepalive: options.keepalive ? new Keepalive(options.keepalive) : undefined,
    ...nodeMemory,
  };
}
