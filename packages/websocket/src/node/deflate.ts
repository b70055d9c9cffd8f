/**
 * permessage-deflate on `node:zlib` (RFC 7692, section 7.2). Between messages only the window is kept, never a stream:
 * small messages are (de)compressed at once with the window as dictionary, large ones in the thread pool. It knows
 * neither frames nor connections.
 */
import * as zlib from 'node:zlib';
import type { Inflated, Inflater } from '../protocol/connection.js';
import { WebSocketError } from '../protocol/errors.js';
import type { DeflatePreferences } from '../protocol/permessage-deflate.js';
import { Limiter } from './limiter.js';

export interface DeflateOptions extends DeflatePreferences {
  /** Messages with fewer bytes are not compressed where each is compressed by itself. 1,024 by default. */
  readonly threshold?: number;
  /** Compressions and inflations under way in the thread pool at once, in the whole process. 10 by default. */
  readonly concurrencyLimit?: number;
  /** Bytes of earlier messages that a message is compressed against, at most the window. 4,096 by default. */
  readonly dictionaryBytes?: number;
  /** `level`, `memLevel` and `strategy` for compressing. */
  readonly zlibDeflateOptions?: zlib.ZlibOptions;
  /** `chunkSize` for inflating. */
  readonly zlibInflateOptions?: zlib.ZlibOptions;
}

/** The option `perMessageDeflate` of servers and clients; `undefined` when it is off. */
export function deflateOptions(option: boolean | DeflateOptions | undefined): DeflateOptions | undefined {
  if (option === true) return {};
  return option === false || option === undefined ? undefined : option;
}

export const DEFAULT_THRESHOLD = 1024;
const DEFAULT_DICTIONARY = 4096;

/** Up to here a message is compressed at once: the trip to the thread pool costs more. */
const SYNC_DEFLATE = 16 * 1024;
/** Up to here, compressed, a message is inflated at once, as long as it does not grow beyond the second. */
const SYNC_INFLATE = 8 * 1024;
const SYNC_INFLATED = 64 * 1024;
/** What a flush ends with, and a message does without (7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const NO_BYTES = Buffer.alloc(0);

const limiters = new Map<number, Limiter>();

function limiterFor(limit: number): Limiter {
  let limiter = limiters.get(limit);
  if (limiter === undefined) {
    limiter = new Limiter(limit);
    limiters.set(limit, limiter);
  }
  return limiter;
}

/** The end of what has been said so far, as far as a message may refer back to it. */
export class Window {
  private readonly size: number;
  private bytes: Buffer | undefined = undefined;
  private used = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** What may be referred to; `undefined` while that is nothing. Valid until the next `push`. */
  get content(): Buffer | undefined {
    if (this.used === 0) return undefined;
    return this.bytes!.subarray(Math.max(0, this.used - this.size), this.used);
  }

  push(message: Uint8Array): void {
    const part = message.length > this.size ? message.subarray(message.length - this.size) : message;
    if (part.length === 0) return;
    const kept = Math.min(this.used, this.size - part.length);
    let { bytes } = this;
    if (bytes === undefined || this.used + part.length > bytes.length) {
      const wanted = kept + part.length;
      // A quarter more than the window, so that it is moved once in a while and not with each message.
      const most = this.size + (this.size >> 2);
      if (bytes === undefined || bytes.length < Math.min(wanted, most)) {
        const grown = Buffer.allocUnsafeSlow(Math.min(most, wanted + (wanted >> 1)));
        bytes?.copy(grown, 0, this.used - kept, this.used);
        bytes = grown;
        this.bytes = grown;
      } else {
        bytes.copyWithin(0, this.used - kept, this.used);
      }
      this.used = kept;
    }
    bytes.set(part, this.used);
    this.used += part.length;
  }

  clear(): void {
    this.bytes = undefined;
    this.used = 0;
  }
}

/** Inflates the messages of one connection. */
export class NodeInflater implements Inflater {
  private readonly options: DeflateOptions;
  /** Absent where the peer compresses each message by itself. */
  private readonly window: Window | undefined;

  /** @param bits - the window bits of the peer, who compresses */
  constructor(bits: number, takeover: boolean, options: DeflateOptions) {
    this.options = options;
    this.window = takeover ? new Window(1 << bits) : undefined;
  }

  inflate(payload: Uint8Array, limit: number, done: (result: Uint8Array | WebSocketError) => void): Inflated {
    const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    if (payload.length <= SYNC_INFLATE) {
      const result = inflateNow(payload, Math.min(most, SYNC_INFLATED), this.settings(payload.length));
      if (!(result instanceof Error)) return this.keep(result);
      if (!isTooLarge(result) || most <= SYNC_INFLATED) return failure(result);
    }
    const limiter = limiterFor(this.options.concurrencyLimit ?? 10);
    limiter.run((free) => {
      inflateLater(payload, most, this.settings(payload.length), (result) => {
        free();
        done(result instanceof Error ? failure(result) : this.keep(result));
      });
    });
    return undefined;
  }

  private settings(length: number): zlib.ZlibOptions {
    const dictionary = this.window?.content;
    return {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      chunkSize: this.options.zlibInflateOptions?.chunkSize ?? chunkFor(length * 4),
      ...(dictionary === undefined ? {} : { dictionary }),
    };
  }

  private keep(message: Buffer): Buffer {
    this.window?.push(message);
    return message;
  }
}

/** Output is taken in pieces of this size: near what is expected, so that small messages take little memory. */
function chunkFor(expected: number): number {
  return expected <= 1024 ? 1024 : expected >= 65536 ? 65536 : 1 << (32 - Math.clz32(expected - 1));
}

function isTooLarge(error: Error & { code?: string }): boolean {
  return error.code === 'ERR_BUFFER_TOO_LARGE';
}

function failure(error: Error): WebSocketError {
  return isTooLarge(error)
    ? new WebSocketError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded', { cause: error })
    : new WebSocketError('WS_ERR_INVALID_COMPRESSED_DATA', `Invalid compressed data: ${error.message}`, {
        cause: error,
      });
}

/** How many bytes an engine has read; the types leave out that `info` gives one. */
interface WithInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Whether the compressor ended its stream before the payload's end, so that what follows is a stream of its own. */
function unread(payload: Uint8Array, result: WithInfo): Uint8Array | undefined {
  const read = result.engine.bytesWritten;
  return read > 0 && read < payload.length ? payload.subarray(read) : undefined;
}

function join(before: Buffer | undefined, result: Buffer): Buffer {
  return before === undefined ? result : Buffer.concat([before, result]);
}

/** The settings to go on with after a final block (7.2.3.4): what was said so far is still referred to. */
function continued(settings: zlib.ZlibOptions, before: Buffer): zlib.ZlibOptions {
  const earlier = settings.dictionary === undefined ? NO_BYTES : (settings.dictionary as Buffer);
  const history = Buffer.concat([earlier, before]);
  return history.length === 0 ? settings : { ...settings, dictionary: history.subarray(-32768) };
}

function inflateNow(payload: Uint8Array, limit: number, settings: zlib.ZlibOptions): Buffer | Error {
  let before: Buffer | undefined;
  let rest: Uint8Array | undefined = payload;
  let current = settings;
  try {
    while (rest !== undefined) {
      const maxOutputLength = capped(limit - (before?.length ?? 0));
      const result = zlib.inflateRawSync(rest, {
        ...current,
        maxOutputLength,
        info: true,
      }) as unknown as WithInfo;
      rest = unread(rest, result);
      before = join(before, result.buffer);
      if (rest !== undefined) current = continued(settings, before);
    }
  } catch (error) {
    return error as Error;
  }
  return before!.length > limit ? tooLarge() : before!;
}

function inflateLater(
  payload: Uint8Array,
  limit: number,
  settings: zlib.ZlibOptions,
  done: (result: Buffer | Error) => void,
  before?: Buffer,
): void {
  const maxOutputLength = capped(limit - (before?.length ?? 0));
  zlib.inflateRaw(payload, { ...settings, maxOutputLength, info: true }, (error, given) => {
    if (error) {
      done(error);
      return;
    }
    const result = given as unknown as WithInfo;
    const all = join(before, result.buffer);
    const rest = unread(payload, result);
    if (all.length > limit) done(tooLarge());
    else if (rest === undefined) done(all);
    else inflateLater(rest, limit, continued(settings, all), done, all);
  });
}

function tooLarge(): Error {
  return Object.assign(new RangeError('Too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
}

/** A limit as zlib takes it: at least 1, as 0 is none. */
function capped(limit: number): number {
  return Math.max(1, Math.min(limit, 0xffff_ffff));
}

/** Compresses the messages of one connection, in order. */
export class Deflater {
  private readonly options: DeflateOptions;
  private readonly bits: number;
  private readonly takeover: boolean;
  private readonly window: Window | undefined;

  /** @param bits - the window bits of this side */
  constructor(bits: number, takeover: boolean, options: DeflateOptions) {
    this.bits = bits;
    this.takeover = takeover;
    this.options = options;
    const dictionary = Math.min(options.dictionaryBytes ?? DEFAULT_DICTIONARY, 1 << bits);
    this.window = takeover && dictionary > 0 ? new Window(dictionary) : undefined;
  }

  /** Whether the peer's window takes what was compressed with the largest one. */
  get full(): boolean {
    return this.bits === 15;
  }

  /** Whether a message of this size is to be compressed. */
  wants(bytes: number): boolean {
    return bytes > 0 && (this.takeover || bytes >= (this.options.threshold ?? DEFAULT_THRESHOLD));
  }

  /** Whether a message of this size is small enough for `deflateNow`. */
  isQuick(bytes: number): boolean {
    return bytes <= SYNC_DEFLATE;
  }

  /** The compressed message; `undefined` where it would not be smaller, and is to be sent as it is. */
  deflateNow(message: Uint8Array): Uint8Array | undefined {
    return this.keep(message, zlib.deflateRawSync(message, this.settings(message.length)));
  }

  deflateLater(
    message: Uint8Array,
    done: (error: Error | null, result: Uint8Array | undefined) => void,
  ): void {
    const limiter = limiterFor(this.options.concurrencyLimit ?? 10);
    limiter.run((free) => {
      zlib.deflateRaw(message, this.settings(message.length), (error, result) => {
        free();
        if (error) done(error, undefined);
        else done(null, this.keep(message, result));
      });
    });
  }

  /** A message that was compressed elsewhere was sent: nothing before it is referred to any more, which is always allowed. */
  forget(): void {
    this.window?.clear();
  }

  private keep(message: Uint8Array, deflated: Buffer): Uint8Array | undefined {
    if (deflated.length - TAIL.length >= message.length) return undefined;
    this.window?.push(message);
    return deflated.subarray(0, deflated.length - TAIL.length);
  }

  private settings(length: number): zlib.ZlibOptions {
    const dictionary = this.window?.content;
    return deflateSettings(this.bits, length, dictionary, this.options.zlibDeflateOptions);
  }
}

/**
 * Settings for one message. The window need not be larger than what it looks at, and a small one is set up faster. Eight
 * bits are met with nine, as zlib with nine refers back 250 bytes at most.
 */
function deflateSettings(
  most: number,
  length: number,
  dictionary: Buffer | undefined,
  chosen: zlib.ZlibOptions | undefined,
): zlib.ZlibOptions {
  const span = length + (dictionary?.length ?? 0) + 512;
  const bits = Math.max(9, Math.min(most, 32 - Math.clz32(span - 1)));
  return {
    level: chosen?.level ?? zlib.constants.Z_DEFAULT_COMPRESSION,
    strategy: chosen?.strategy ?? zlib.constants.Z_DEFAULT_STRATEGY,
    memLevel: chosen?.memLevel ?? Math.min(8, bits - 6),
    windowBits: bits,
    chunkSize: chunkFor(length + 64),
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...(dictionary === undefined ? {} : { dictionary }),
  };
}

/** Compresses one message by itself, for any peer whose window is the full one. */
export function deflateAlone(message: Uint8Array): Uint8Array | undefined {
  const deflated = zlib.deflateRawSync(message, deflateSettings(15, message.length, undefined, undefined));
  const length = deflated.length - TAIL.length;
  return length < message.length ? deflated.subarray(0, length) : undefined;
}
