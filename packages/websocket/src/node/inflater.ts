/**
 * The receiving half of permessage-deflate on `node:zlib` (RFC 7692, section 7.2.2). What is kept between messages is the
 * window; small messages are inflated at once, large ones in the thread pool. It knows neither frames nor connections.
 */
import { kMaxLength } from 'node:buffer';
import * as zlib from 'node:zlib';
import { WebSocketError } from '../protocol/errors.js';
import type { Inflated, Inflater } from '../protocol/message-receiver.js';
import {
  bitsFor,
  chunkFor,
  type DeflateOptions,
  FULL_WINDOW,
  limiterOf,
  SMALL_WINDOW,
  SYNC_FLUSH,
} from './deflate-options.js';
import { Window } from './deflate-window.js';
import { reportDeflate } from './diagnostics.js';
import { dropLive, type LiveInflater, type LiveOwner, makeLive } from './live-inflater.js';

/** Up to here, compressed, a message is inflated at once, as long as it does not grow beyond the second. */
const SYNC_INFLATE = 8 * 1024;
const SYNC_INFLATED = 64 * 1024;
/** How far back most messages look. */
const NEAR = 4096;
/** Messages after one that looked further, before it is tried again without. */
const FAR_MESSAGES = 32;
/** Small messages in a row after which a connection is taken for a busy one. */
const BUSY_MESSAGES = 8;
/** Streams that one message may consist of. Each costs far more than its two bytes; no compressor makes more than two. */
const MAX_STREAMS = 16;
const NO_BYTES = Buffer.alloc(0);

/** What zlib gave: bytes, or its error. Which of them is not asked of `instanceof`, as the realm may be another one. */
type Given = { readonly bytes: Buffer } | { readonly error: ZlibError };
type ZlibError = Error & { readonly code?: string };

/** Inflates the messages of one connection. */
export class NodeInflater implements Inflater, LiveOwner {
  private readonly options: DeflateOptions;
  private readonly bits: number;
  /** Absent where the peer compresses each message by itself. */
  private readonly window: Window | undefined;
  live: LiveInflater | undefined = undefined;
  /** Small messages since the last large one. */
  private small = 0;
  /** How many more messages are taken to look back far. */
  private farMessages = 0;

  /** @param bits - the window bits of the peer, who compresses */
  constructor(bits: number, takeover: boolean, options: DeflateOptions) {
    this.options = options;
    this.bits = bits;
    this.window = takeover ? new Window(1 << bits) : undefined;
  }

  inflate(payload: Uint8Array, limit: number, done: (result: Uint8Array | WebSocketError) => void): Inflated {
    const most = limit === 0 ? kMaxLength : limit;
    if (payload.length <= SYNC_INFLATE) {
      const message = this.inflateLive(payload, most);
      if (message !== undefined) return this.keep(message, payload.length);
      const given = this.inflateNow(payload, Math.min(most, SYNC_INFLATED));
      if ('bytes' in given) return this.keep(given.bytes, payload.length);
      if (!isTooLarge(given.error) || most <= SYNC_INFLATED) return failure(given.error);
    }
    this.small = 0;
    // It will have missed this one.
    dropLive(this);
    limiterOf(this.options).run((free) => {
      inflateLater(payload, this.settings(payload.length, most, false), 1, (given) => {
        free();
        done('error' in given ? failure(given.error) : this.keep(given.bytes, payload.length));
      });
    });
    return undefined;
  }

  /** The connection is gone. */
  close(): void {
    dropLive(this);
  }

  /** By the stream that is kept while the connection is busy; `undefined` where there is none, or it does not do. */
  private inflateLive(payload: Uint8Array, limit: number): Buffer | undefined {
    if (this.window === undefined) return undefined;
    if (this.live === undefined) {
      if (++this.small < BUSY_MESSAGES) return undefined;
      this.small = 0;
      makeLive(this, this.bits, this.window.content);
    }
    const message = this.live?.inflate(payload, limit);
    if (message === undefined) dropLive(this);
    return message;
  }

  private inflateNow(payload: Uint8Array, most: number): Given {
    const near = this.farMessages === 0;
    const given = inflateAtOnce(payload, this.settings(payload.length, most, near));
    if (!near) this.farMessages--;
    if (!near || 'bytes' in given || isTooLarge(given.error)) return given;
    // The message may look back further than to what is set up fastest; then the next ones will, too.
    const far = inflateAtOnce(payload, this.settings(payload.length, most, false));
    if ('bytes' in far) this.farMessages = FAR_MESSAGES;
    return far;
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

function isTooLarge(error: ZlibError): boolean {
  return error.code === 'ERR_BUFFER_TOO_LARGE';
}

function failure(error: ZlibError): WebSocketError {
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

function inflateAtOnce(payload: Uint8Array, settings: Settings): Given {
  try {
    const first = zlib.inflateRawSync(payload, settings) as unknown as WithInfo;
    let rest = unread(payload, first);
    if (rest === undefined) return { bytes: first.buffer };
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
    return { error: error as ZlibError };
  }
}

function inflateLater(
  payload: Uint8Array,
  settings: Settings,
  streams: number,
  done: (given: Given) => void,
): void {
  zlib.inflateRaw(payload, settings, (error, given) => {
    if (error) {
      done({ error });
      return;
    }
    const result = given as unknown as WithInfo;
    const rest = unread(payload, result);
    if (rest === undefined) {
      done({ bytes: result.buffer });
    } else if (streams === MAX_STREAMS) {
      done(tooManyStreams());
    } else {
      inflateLater(rest, continued(settings, result.buffer), streams + 1, (next) => {
        if ('error' in next) done(next);
        else done(within(settings.maxOutputLength, Buffer.concat([result.buffer, next.bytes])));
      });
    }
  });
}

function within(limit: number, output: Buffer): Given {
  if (output.length <= limit) return { bytes: output };
  return { error: Object.assign(new RangeError('Too large'), { code: 'ERR_BUFFER_TOO_LARGE' }) };
}

function tooManyStreams(): Given {
  return { error: new Error(`more than ${MAX_STREAMS} final blocks`) };
}
