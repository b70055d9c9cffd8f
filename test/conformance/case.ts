/**
 * What a case is: what the judge sends, what must come back, and how the connection must end. The verdict follows
 * from comparing; a case asserts nothing by itself.
 */
import type { DeflateParameters } from './deflate.js';
import { BINARY, bytesOf, continuation, type FrameSpec } from './frames.js';
import type { Peer, Received } from './peer.js';

export const categories = {
  1: 'framing',
  2: 'pings and pongs',
  3: 'reserved bits',
  4: 'opcodes',
  5: 'fragmentation',
  6: 'UTF-8',
  7: 'closing',
  8: 'masking and lengths',
  9: 'limits',
  10: 'miscellaneous',
  12: 'compression, by size',
  13: 'compression, by parameters',
} as const;

/**
 * How the connection must end.
 * - `judge`: nothing is wrong; the judge closes with 1000 and the other end completes the closing handshake.
 * - `script`: the case itself sent a close frame; the other end answers with one of these codes (null: with none).
 * - `fail`: the other end fails the connection, telling one of these codes.
 */
export type Ending =
  | { readonly by: 'judge' }
  | { readonly by: 'script' | 'fail'; readonly codes: readonly (number | null)[] };

export interface Outcome {
  readonly received: readonly Received[];
  readonly ends: Ending;
}

export interface Case {
  /** Category, group and number: `6.4.1`. */
  readonly id: string;
  readonly title: string;
  readonly play: (peer: Peer) => Promise<void>;
  readonly ok: Outcome;
  /** Allowed, but not what the RFC advises. */
  readonly tolerated?: readonly Outcome[];
  /** Any behaviour is recorded and none is wrong. */
  readonly informational?: true;
  /** Only when the judged end is the server, or the client. */
  readonly judges?: 'server' | 'client';
  /** What the judge wants to agree on as client (one element for each offer) or as server (the first). */
  readonly deflate?: readonly Partial<DeflateParameters>[];
}

export const echoText = (payload: string | Uint8Array): Received => ({
  kind: 'text',
  payload: Buffer.from(bytesOf(payload)),
});
export const echoBinary = (payload: string | Uint8Array): Received => ({
  kind: 'binary',
  payload: Buffer.from(bytesOf(payload)),
});
export const answer = (payload: string | Uint8Array): Received => ({
  kind: 'pong',
  payload: Buffer.from(bytesOf(payload)),
});

/** These come back, and then the judge closes. */
export const comesBack = (...received: Received[]): Outcome => ({ received, ends: { by: 'judge' } });

/** These come back, and then the other end fails the connection: RFC 6455, section 7.1.7. */
export const fails = (code: number | readonly number[], ...received: Received[]): Outcome => ({
  received,
  ends: { by: 'fail', codes: typeof code === 'number' ? [code] : code },
});

/** The case closes, and the other end answers. */
export const closes = (codes: readonly (number | null)[], ...received: Received[]): Outcome => ({
  received,
  ends: { by: 'script', codes },
});

/** Sends messages in batches and takes each echo off the list when it is right, so that nothing piles up. */
export const roundTrips = async (
  peer: Peer,
  shape: { opcode: number; messages: readonly Uint8Array[]; fragment?: number; lastIsEmpty?: boolean },
): Promise<void> => {
  const { opcode, messages, fragment = Number.POSITIVE_INFINITY, lastIsEmpty = false } = shape;
  const kind = opcode === BINARY ? 'binary' : 'text';
  const total = messages.reduce((sum, message) => sum + message.length, 0);
  // Up to half a megabyte is under way at once.
  const batch = Math.max(1, Math.floor((messages.length * 524_288) / Math.max(1, total)));
  for (let at = 0; at < messages.length; at += batch) {
    const some = messages.slice(at, at + batch);
    const frames = some.flatMap((message) => {
      const payload = peer.deflate(message);
      const rsv = peer.compresses ? 4 : 0;
      const list: FrameSpec[] = [];
      for (let from = 0; from < payload.length || from === 0; from += fragment) {
        const last = from + fragment >= payload.length;
        list.push({
          opcode: from === 0 ? opcode : 0,
          payload: payload.subarray(from, last ? payload.length : from + fragment),
          fin: last && !lastIsEmpty,
          rsv: from === 0 ? rsv : 0,
        });
      }
      if (lastIsEmpty) list.push(continuation(''));
      return list;
    });
    await peer.send(frames);
    await peer.until(() => peer.received.length >= some.length, 20_000);
    const echoes = peer.received.splice(0, some.length);
    for (const [index, message] of some.entries()) {
      const echo = echoes[index];
      if (echo?.kind !== kind || !echo.payload.equals(message)) {
        peer.violation ??= `echo ${at + index} is ${echo === undefined ? 'missing' : 'different'}`;
        return;
      }
    }
  }
};
