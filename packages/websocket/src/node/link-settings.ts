/** What a connection is told from outside: its limits, what its handshake agreed on, and whom it belongs to. */
import { isUtf8 } from 'node:buffer';
import type { ConnectionSettings } from '../protocol/connection.js';
import type { DeflateParameters } from '../protocol/permessage-deflate.js';
import { type DeflateOptions, Deflater, NodeInflater } from './deflate.js';
import type { Keepalive } from './keepalive.js';

/** What all connections of one server, or one client, have in common. */
export interface LinkSettings extends ConnectionSettings {
  /** Bytes of messages that may wait to be taken before reading stops; 0 to drop what nobody listens for. */
  readonly highWaterMark: number;
  /** Milliseconds after which they are dropped, and reading goes on; 0 for never. */
  readonly untakenTimeout: number;
  /** Milliseconds the peer has to finish the closing handshake. */
  readonly closeTimeout: number;
  readonly autoPong: boolean;
  /** Bytes that may wait to be sent; 0 for no limit. */
  readonly maxBackpressure: number;
  /** Beyond it, drop messages instead of ending the connection. */
  readonly dropBeyond: boolean;
  readonly keepalive: Keepalive | undefined;
  /** Told of each connection that is gone, before its owner is. */
  readonly onGone?: ((owner: LinkOwner) => void) | undefined;
  readonly maskingKey: (() => number) | undefined;
}

/** What the opening handshake agreed on. */
export interface Negotiated {
  /** The subprotocol, or the empty string. */
  readonly protocol: string;
  readonly deflate?: { readonly parameters: DeflateParameters; readonly options: DeflateOptions } | undefined;
}

/** What a link tells its owner. */
export interface LinkOwner {
  linkMessage(data: Buffer, isBinary: boolean): void;
  linkPing(payload: Buffer): void;
  linkPong(payload: Buffer): void;
  linkDrained(): void;
  linkFailed(error: Error): void;
  /** The connection is gone. Told once, and last. */
  linkClosed(code: number, reason: Buffer): void;
}

export const nodeMemory = {
  isUtf8: (bytes: Uint8Array): boolean => isUtf8(bytes),
  allocate: (bytes: number): Uint8Array => Buffer.allocUnsafeSlow(bytes),
};

/** The two halves of permessage-deflate as one side sees them: it inflates what the other one compressed. */
export function codecs(
  { deflate }: Negotiated,
  isServer: boolean,
): { deflater: Deflater; inflater: NodeInflater } | undefined {
  if (deflate === undefined) return undefined;
  const { options, parameters } = deflate;
  const server = [parameters.serverMaxWindowBits, !parameters.serverNoContextTakeover] as const;
  const client = [parameters.clientMaxWindowBits, !parameters.clientNoContextTakeover] as const;
  return {
    deflater: new Deflater(...(isServer ? server : client), options),
    inflater: new NodeInflater(...(isServer ? client : server), options),
  };
}
