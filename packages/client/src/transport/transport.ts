/**
 * What every transport is to the rest of the client: a way to read on from a place. It reports what the server says and
 * why it ended; it keeps no positions in channels, never reconnects and never decides what is shown.
 */
import type { Gap, Position, Publication } from '@fullduplex/wire';
import type { HttpContext } from '../http.js';
import type { ClientError, Timing, TransportName, WebSocketConstructor } from '../types.js';

/** Why a transport ended. */
export interface Ending {
  /**
   * `retry`: it may work again. `token`: the server would not have the token, or has it no longer.
   * `final`: the server said not to come again.
   */
  readonly kind: 'retry' | 'token' | 'final';
  /** For people to read. */
  readonly reason: string;
}

/** Errors that say that a place is good no more: what was missed since is to be found otherwise. */
export const PLACE_ERRORS: ReadonlySet<string> = new Set(['invalid_cursor', 'unrecoverable_position']);

/** Errors that speak of the token, not of what was asked. */
export const TOKEN_ERRORS: ReadonlySet<string> = new Set(['unauthorized', 'token_expired']);

/** Where a channel that was asked for stands at the server when reading of it begins. */
export interface ChannelStart {
  readonly epoch: string;
  /** The head at that moment. */
  readonly offset: number;
  /** Whether all that we miss is in `publications` or will come by itself. */
  readonly recovered: boolean;
  readonly publications: readonly Publication[];
}

/** Where reading begins that does not go on from a place. */
export interface Beginning {
  /** The place that it is; absent where the transport has none. */
  readonly cursor?: string;
  /** What the user belongs to, and where each channel stands. */
  readonly channels: Readonly<Record<string, Position>>;
  /** There are channels besides these. */
  readonly more: boolean;
}

export type TransportEvent =
  /** It reads. Comes before all others but `closed`, and again when the transport had to begin anew. */
  | {
      readonly type: 'opened';
      readonly user?: string;
      /** Absent where it goes on from the place that it was given. */
      readonly beginning?: Beginning;
      /** Where it goes on: the names of all that the user belongs to, if it was told. */
      readonly belongs?: readonly string[];
      /** The log's, which those publications are of that come without one. */
      readonly epoch?: string;
    }
  /** Reading of a channel that was asked for has begun. */
  | { readonly type: 'started'; readonly channel: string; readonly start: ChannelStart }
  /** A channel that was asked for is read already: it is one of the user's own. */
  | { readonly type: 'shared'; readonly channel: string }
  /** A channel that was asked for will not be read. */
  | { readonly type: 'refused'; readonly channel: string; readonly error: ClientError }
  | {
      readonly type: 'publication';
      readonly channel: string;
      /** Where the server said which. */
      readonly epoch?: string;
      readonly publication: Publication;
    }
  | { readonly type: 'gap'; readonly gap: Gap }
  /** Everything up to this place was reported. */
  | { readonly type: 'reached'; readonly cursor: string }
  | { readonly type: 'joined'; readonly channel: string; readonly epoch: string }
  | { readonly type: 'left'; readonly channel: string }
  | { readonly type: 'presence'; readonly channel: string; readonly user: string; readonly present: boolean }
  | { readonly type: 'typing'; readonly channel: string; readonly user: string; readonly typing: boolean }
  /** Comes once, last of all. Nothing comes after `close()`. */
  | { readonly type: 'closed'; readonly ending: Ending };

export type Sink = (event: TransportEvent) => void;

/** A channel that the app asked for by name. */
export interface Asked {
  readonly channel: string;
  readonly position: Position | undefined;
}

export interface TransportContext {
  readonly http: HttpContext;
  readonly token: string;
  readonly follow: 'mine' | 'none';
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly timing: Timing;
  /** A new random id. */
  readonly newId: () => string;
  /** The channels that are asked for by name, as they are now. */
  readonly asked: () => readonly Asked[];
  /** The place to go on from, whatever transport it came over. */
  readonly cursor: string | undefined;
}

export interface Transport {
  readonly name: TransportName;
  /** Runs a command over the transport itself; absent where commands go by requests of their own. */
  readonly call?: (method: string, params: unknown) => Promise<unknown>;
  /** What `asked()` gives has one more channel. */
  follow(channel: string): void;
  /** And now one less. */
  unfollow(channel: string): void;
  /** Looks whether the server still answers; where it does not, the transport ends. */
  check(): void;
  close(): void;
}

export type OpenTransport = (context: TransportContext, sink: Sink) => Transport;
