/**
 * permessage-deflate on `node:zlib` (RFC 7692, section 7.2). Between messages only the window is kept, never a stream:
 * small messages are (de)compressed at once with the window as dictionary, large ones in the thread pool. It knows
 * neither frames nor connections.
 */
import { kMaxLength } from 'node:buffer';
import * as zlib from 'node:zlib';
import { WebSocketError } from '../protocol/errors.js';
import type { Inflated, Inflater, Role } from '../protocol/message-receiver.js';
import type { DeflateParameters, DeflatePreferences } from '../protocol/permessage-deflate.js';
import { reportDeflate } from './diagnostics.js';
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
const SYNC_FLUSH = zlib.constants.Z_SYNC_FLUSH;
const FULL_WINDOW = 15;
const SMALL_WINDOW = 9;
/** How far back most messages look. */
const NEAR = 4096;
const DEFAULT_CONCURRENCY = 10;
/** Streams that one message may consist of. Each costs far more than its two bytes; no compressor makes more than two. */
const MAX_STREAMS = 16;
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
  private looksFarBack = false;

  /** @param bits - the window bits of the peer, who compresses */
  constructor(bits: number, takeover: boolean, options: DeflateOptions) {
    this.options = options;
    this.window = takeover ? new Window(1 << bits) : undefined;
  }

  inflate(payload: Uint8Array, limit: number, done: (result: Uint8Array | WebSocketError) => void): Inflated {
    const most = limit === 0 ? kMaxLength : limit;
    if (payload.length <= SYNC_INFLATE) {
      const quick = Math.min(most, SYNC_INFLATED);
      let result = inflateNow(payload, this.settings(payload.length, quick, !this.looksFarBack));
      if (result instanceof Error && !isTooLarge(result) && !this.looksFarBack) {
        // The message may look back further than to what is set up fastest; then the next one will, too.
        result = inflateNow(payload, this.settings(payload.length, quick, false));
        this.looksFarBack = !(result instanceof Error);
      }
      if (!(result instanceof Error)) return this.keep(result, payload.length);
      if (!isTooLarge(result) || most <= SYNC_INFLATED) return failure(result);
    }
    const limiter = limiterFor(this.options.concurrencyLimit ?? DEFAULT_CONCURRENCY);
    limiter.run((free) => {
      inflateLater(payload, this.settings(payload.length, most, false), 1, (result) => {
        free();
        done(result instanceof Error ? failure(result) : this.keep(result, payload.length));
      });
    });
    return undefined;
  }

  /**
   * @param near - with the end of what is kept only. To look back beyond it fails, and never gives another result.
   */
  private settings(length: number, maxOutputLength: number, near: boolean): Settings {
    const kept = this.window?.content;
    const chunkSize = this.options.zlibInflateOptions?.chunkSize ?? chunkFor(length * 4);
    if (kept === undefined) {
      const windowBits = near ? SMALL_WINDOW : FULL_WINDOW;
      return { finishFlush: SYNC_FLUSH, chunkSize, windowBits, maxOutputLength, info: true };
    }
    const dictionary = near && kept.length > NEAR ? kept.subarray(kept.length - NEAR) : kept;
    const windowBits = near ? Math.max(SMALL_WINDOW, bitsFor(dictionary.length)) : FULL_WINDOW;
    return { finishFlush: SYNC_FLUSH, chunkSize, windowBits, maxOutputLength, info: true, dictionary };
  }

  private keep(message: Buffer, deflated: number): Buffer {
    reportDeflate('in', message.length, deflated);
    this.window?.push(message);
    return message;
  }
}

/** Output is taken in pieces of this size: near what is expected, so that small messages take little memory. */
function chunkFor(expected: number): number {
  return expected <= 1024 ? 1024 : expected >= 32768 ? 65536 : 1 << bitsFor(expected);
}

/** The bits of the smallest window of that many bytes. */
function bitsFor(bytes: number): number {
  return Math.min(FULL_WINDOW, 32 - Math.clz32(bytes - 1));
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

interface Settings extends zlib.ZlibOptions {
  readonly maxOutputLength: number;
  readonly dictionary?: Buffer;
}

/** What zlib gives with `info`, which its types leave out. */
interface WithInfo {
  readonly buffer: Buffer;
  /** Its count is of the bytes that were read. */
  readonly engine: { readonly bytesWritten: number };
}

/** What follows a final block: the compressor ended its stream before the payload's end, and began another (7.2.3.4). */
function unread(payload: Uint8Array, { engine }: WithInfo): Uint8Array | undefined {
  const read = engine.bytesWritten;
  return read > 0 && read < payload.length ? payload.subarray(read) : undefined;
}

/** The settings for what follows: what was said so far may be referred to. */
function continued(settings: Settings, output: Buffer): Settings {
  const history = Buffer.concat([settings.dictionary ?? NO_BYTES, output]).subarray(-(1 << FULL_WINDOW));
  // A limit of 0 would be none.
  const maxOutputLength = Math.max(1, settings.maxOutputLength - output.length);
  const { dictionary: _, ...rest } = settings;
  const next = { ...rest, maxOutputLength, windowBits: FULL_WINDOW };
  return history.length === 0 ? next : { ...next, dictionary: history };
}

function inflateNow(payload: Uint8Array, settings: Settings): Buffer | Error {
  try {
    const first = zlib.inflateRawSync(payload, settings) as unknown as WithInfo;
    let rest = unread(payload, first);
    if (rest === undefined) return first.buffer;
    const outputs = [first.buffer];
    let current = continued(settings, first.buffer);
    while (rest !== undefined) {
      if (outputs.length === MAX_STREAMS) return tooManyStreams();
      const next = zlib.inflateRawSync(rest, current) as unknown as WithInfo;
      outputs.push(next.buffer);
      current = continued(current, next.buffer);
      rest = unread(rest, next);
    }
    return within(settings.maxOutputLength, Buffer.concat(outputs));
  } catch (error) {
    return error as Error;
  }
}

function inflateLater(
  payload: Uint8Array,
  settings: Settings,
  streams: number,
  done: (result: Buffer | Error) => void,
): void {
  zlib.inflateRaw(payload, settings, (error, given) => {
    if (error) {
      done(error);
      return;
    }
    const result = given as unknown as WithInfo;
    const rest = unread(payload, result);
    if (rest === undefined) {
      done(result.buffer);
    } else if (streams === MAX_STREAMS) {
      done(tooManyStreams());
    } else {
      inflateLater(rest, continued(settings, result.buffer), streams + 1, (next) => {
        const whole = next instanceof Error ? next : Buffer.concat([result.buffer, next]);
        done(whole instanceof Error ? whole : within(settings.maxOutputLength, whole));
      });
    }
  });
}

function within(limit: number, output: Buffer): Buffer | Error {
  if (output.length <= limit) return output;
  return Object.assign(new RangeError('Too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
}

function tooManyStreams(): Error {
  return new Error(`more than ${MAX_STREAMS} final blocks`);
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
  get hasFullWindow(): boolean {
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
    const limiter = limiterFor(this.options.concurrencyLimit ?? DEFAULT_CONCURRENCY);
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
    reportDeflate('out', message.length, deflated.length - TAIL.length);
    if (deflated.length - TAIL.length >= message.length) return undefined;
    this.window?.push(message);
    return deflated.subarray(0, deflated.length - TAIL.length);
  }

  private settings(length: number): zlib.ZlibOptions {
    const dictionary = this.window?.content;
    return deflateSettings(this.bits, length, dictionary, this.options.zlibDeflateOptions);
  }
}

/** The two halves of permessage-deflate as one side sees them: it inflates what the other one compressed. */
export function deflateCodecs(
  parameters: DeflateParameters,
  role: Role,
  options: DeflateOptions,
): { deflater: Deflater; inflater: NodeInflater } {
  const server = [parameters.serverMaxWindowBits, !parameters.serverNoContextTakeover] as const;
  const client = [parameters.clientMaxWindowBits, !parameters.clientNoContextTakeover] as const;
  return {
    deflater: new Deflater(...(role === 'server' ? server : client), options),
    inflater: new NodeInflater(...(role === 'server' ? client : server), options),
  };
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
  const bits = Math.max(SMALL_WINDOW, Math.min(most, bitsFor(span)));
  return {
    level: chosen?.level ?? zlib.constants.Z_DEFAULT_COMPRESSION,
    strategy: chosen?.strategy ?? zlib.constants.Z_DEFAULT_STRATEGY,
    memLevel: chosen?.memLevel ?? Math.min(8, bits - 6),
    windowBits: bits,
    chunkSize: chunkFor(length + 64),
    finishFlush: SYNC_FLUSH,
    ...(dictionary === undefined ? {} : { dictionary }),
  };
}

/** Compresses one message by itself, for any peer whose window is the full one. */
export function deflateAlone(message: Uint8Array): Uint8Array | undefined {
  const deflated = zlib.deflateRawSync(message, deflateSettings(15, message.length, undefined, undefined));
  const length = deflated.length - TAIL.length;
  return length < message.length ? deflated.subarray(0, length) : undefined;
}
