/**
 * The sending half of permessage-deflate on `node:zlib` (RFC 7692, section 7.2.1). Between messages only the window is kept,
 * never a stream: small messages are compressed at once with the window as dictionary, large ones in the thread pool. It
 * knows neither frames nor connections.
 */
import * as zlib from 'node:zlib';
import {
  bitsFor,
  chunkFor,
  DEFAULT_THRESHOLD,
  type DeflateOptions,
  type DeflateZlibOptions,
  FULL_WINDOW,
  limiterOf,
  SMALL_WINDOW,
  SYNC_FLUSH,
} from './deflate-options.js';
import { Window } from './deflate-window.js';
import { reportDeflate } from './diagnostics.js';

const DEFAULT_DICTIONARY = 4096;
/** Up to here a message is compressed at once: the trip to the thread pool costs more. */
const SYNC_DEFLATE = 16 * 1024;
/** What a flush ends with, and a message does without (7.2.1). */
const TAIL_LENGTH = 4;

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
    return this.bits === FULL_WINDOW;
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
    const limiter = limiterOf(this.options);
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
    reportDeflate('out', message.length, deflated.length - TAIL_LENGTH);
    if (deflated.length - TAIL_LENGTH >= message.length) return undefined;
    this.window?.push(message);
    return deflated.subarray(0, deflated.length - TAIL_LENGTH);
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
  chosen: DeflateZlibOptions | undefined,
): zlib.ZlibOptions {
  const span = length + (dictionary?.length ?? 0) + 512;
  const bits = Math.max(SMALL_WINDOW, Math.min(most, bitsFor(span)));
  return {
    level: chosen?.level ?? zlib.constants.Z_DEFAULT_COMPRESSION,
    strategy: chosen?.strategy ?? zlib.constants.Z_DEFAULT_STRATEGY,
    memLevel: chosen?.memLevel ?? Math.min(8, bits - 6),
    windowBits: bits,
    chunkSize: chosen?.chunkSize ?? chunkFor(length + 64),
    finishFlush: SYNC_FLUSH,
    ...(dictionary === undefined ? {} : { dictionary }),
  };
}

/** Compresses one message by itself, for any peer whose window is the full one. */
export function deflateAlone(message: Uint8Array): Uint8Array | undefined {
  const deflated = zlib.deflateRawSync(
    message,
    deflateSettings(FULL_WINDOW, message.length, undefined, undefined),
  );
  const length = deflated.length - TAIL_LENGTH;
  return length < message.length ? deflated.subarray(0, length) : undefined;
}
