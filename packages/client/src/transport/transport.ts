/**
 * What every transport is to the rest of the client: a way to read from positions. It reports what the server says and
 * why it ended; it keeps no positions of its own, never reconnects and never decides what is shown.
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

/** Errors that speak of the token, not of what was asked. */
export const TOKEN_ERRORS: ReadonlySet<string> = new Set(['unauthorized', 'token_expired']);

/** Where a channel stands at the server when reading of it begins. */
export interface ChannelStart {
  readonly epoch: string;
  /** The head at that moment. */
  readonly offset: number;
  /** Whether all that we miss is in `publications` or will come by itself. */
  readonly recovered: boolean;
  readonly publications: readonly Publication[];
}

export type TransportEvent =
  /**
   * It reads. Comes before all others but `closed`, and again when the transport had to begin anew. `mine` is all that
   * the user belongs to; absent where the transport goes on from a cursor.
   */
  | {
      readonly type: 'opened';
      readonly user?: string;
      readonly mine?: Readonly<Record<string, ChannelStart>>;
    }
  /** Reading of a channel that was asked for has begun. */
  | { readonly type: 'started'; readonly channel: string; readonly start: ChannelStart }
  /** A channel that was asked for will not be read. */
  | { readonly type: 'refused'; readonly channel: string; readonly error: ClientError }
  | {
      readonly type: 'publications';
      readonly channel: string;
      /** Where the server said which; otherwise the one it began with. */
      readonly epoch?: string;
      readonly publications: readonly Publication[];
    }
  | { readonly type: 'gap'; readonly gap: Gap }
  | { readonly type: 'joined'; readonly channel: string; readonly start?: ChannelStart }
  | { readonly type: 'left'; readonly channel: string }
  | { readonly type: 'presence'; readonly channel: string; readonly user: string; readonly present: boolean }
  | { readonly type: 'typing'; readonly channel: string; readonly user: string; readonly typing: boolean }
  /** Comes once, last of all. Nothing comes after `close()`. */
  | { readonly type: 'closed'; readonly ending: Ending };

export type Sink = (event: TransportEvent) => void;

/** A channel that is read. */
export interface Followed {
  readonly channel: string;
  readonly position: Position | undefined;
  /** Whether the app asked for it by name; the others are the user's own. */
  readonly asked: boolean;
}

export interface TransportContext {
  readonly http: HttpContext;
  readonly token: string;
  readonly follow: 'mine' | 'none';
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly timing: Timing;
  /** A new random id. */
  readonly newId: () => string;
  /** Everything that is read, as it is now. */
  readonly followed: () => readonly Followed[];
  /** Where the three transports over HTTP stand, handed on from one to the next. */
  readonly cursor: { value?: string };
}

export interface Transport {
  readonly name: TransportName;
  /** Runs a command over the transport itself; absent where commands go by requests of their own. */
  readonly call?: (method: string, params: unknown) => Promise<unknown>;
  /** What `followed()` gives has one more channel that was asked for by name. */
  follow(channel: string): void;
  /** And now one less. */
  unfollow(channel: string): void;
  /** Looks whether the server still answers; where it does not, the transport ends. */
  check(): void;
  close(): void;
}

export type OpenTransport = (context: TransportContext, sink: Sink) => Transport;
