/** What permessage-deflate can be told beside what is agreed on: which messages, how well, and how many at once. */
import * as zlib from 'node:zlib';
import type { DeflatePreferences } from '../protocol/permessage-deflate.js';
import { Limiter } from './limiter.js';

/** What zlib can be told about compressing. Window bits are agreed on with the peer: `serverMaxWindowBits`. */
export type DeflateZlibOptions = Pick<zlib.ZlibOptions, 'level' | 'memLevel' | 'strategy' | 'chunkSize'>;
/** What zlib can be told about inflating. */
export type InflateZlibOptions = Pick<zlib.ZlibOptions, 'chunkSize'>;

export interface DeflateOptions extends DeflatePreferences {
  /** Messages with fewer bytes are not compressed where each is compressed by itself. 1,024 by default. */
  readonly threshold?: number;
  /** Compressions and inflations under way in the thread pool at once, in the whole process. 10 by default. */
  readonly concurrencyLimit?: number;
  /** Bytes of earlier messages that a message is compressed against, at most the window. 4,096 by default. */
  readonly dictionaryBytes?: number;
  readonly zlibDeflateOptions?: DeflateZlibOptions;
  readonly zlibInflateOptions?: InflateZlibOptions;
}

export const DEFAULT_THRESHOLD = 1024;
const DEFAULT_CONCURRENCY = 10;
export const FULL_WINDOW = 15;
export const SMALL_WINDOW = 9;
export const SYNC_FLUSH = zlib.constants.Z_SYNC_FLUSH;

const DEFLATE_KEYS = ['level', 'memLevel', 'strategy', 'chunkSize'];
const INFLATE_KEYS = ['chunkSize'];

/**
 * The option `perMessageDeflate` of servers and clients; `undefined` when it is off.
 *
 * @throws TypeError - an option of zlib's that would have no effect
 */
export function deflateOptions(option: boolean | DeflateOptions | undefined): DeflateOptions | undefined {
  if (option === true) return {};
  if (option === false || option === undefined || option === null) return undefined;
  checkKeys('zlibDeflateOptions', option.zlibDeflateOptions, DEFLATE_KEYS);
  checkKeys('zlibInflateOptions', option.zlibInflateOptions, INFLATE_KEYS);
  return option;
}

function checkKeys(name: string, given: object | undefined, known: readonly string[]): void {
  for (const [key, value] of Object.entries(given ?? {})) {
    if (value === undefined || known.includes(key)) continue;
    throw new TypeError(`${name}.${key} has no effect; there are: ${known.join(', ')}`);
  }
}

const limiters = new Map<number, Limiter>();

/** Who may be in the thread pool now. */
export function limiterOf({ concurrencyLimit = DEFAULT_CONCURRENCY }: DeflateOptions): Limiter {
  let limiter = limiters.get(concurrencyLimit);
  if (limiter === undefined) {
    limiter = new Limiter(concurrencyLimit);
    limiters.set(concurrencyLimit, limiter);
  }
  return limiter;
}

/** Output is taken in pieces of this size: near what is expected, so that small messages take little memory. */
export function chunkFor(expected: number): number {
  return expected <= 1024 ? 1024 : expected >= 32768 ? 65536 : 1 << bitsFor(expected);
}

/** The bits of the smallest window of that many bytes. */
export function bitsFor(bytes: number): number {
  return Math.min(FULL_WINDOW, 32 - Math.clz32(bytes - 1));
}
