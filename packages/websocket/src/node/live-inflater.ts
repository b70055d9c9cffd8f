/**
 * A zlib stream that is kept between the messages of a connection that is busy, as it inflates in half the time that a
 * call with a dictionary takes. It is only ever a shortcut: where it does not give the whole message, it says so and is of
 * no more use, and whoever has the window goes on without it. How many there are, and for how long, is bounded here.
 */
import * as zlib from 'node:zlib';

/** Output of more is for the ordinary way. */
const MOST_OUTPUT = 64 * 1024;
/** Input of more, too. */
const MOST_INPUT = 8 * 1024;
/** What a flush ends with, and a message does without (RFC 7692, section 7.2.1). */
const TAIL = [0x00, 0x00, 0xff, 0xff];
/** What one holds: zlib's state with its window, and the objects around it. */
const LIVE_BYTES = 56 * 1024;
/** What all of them may hold. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_LIVE = Math.floor(MOST_BYTES / LIVE_BYTES);
/** Milliseconds; one that was not used between two looks is let go. */
const LOOK_INTERVAL = 5000;

const input = Buffer.alloc(MOST_INPUT + TAIL.length);
const output = Buffer.alloc(MOST_OUTPUT);

/** What a zlib stream of Node has below: nowhere documented, so that its working is tested before it is used. */
interface ZlibHandle {
  onerror: (message: string, errno: number, code: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
}

interface WithHandle {
  readonly _handle: ZlibHandle;
  /** Output bytes that were left, and input bytes that were left. */
  readonly _writeState: Uint32Array;
}

export class LiveInflater {
  private readonly stream: zlib.InflateRaw;
  private readonly handle: ZlibHandle;
  private readonly left: Uint32Array;
  private failed = false;
  wasUsed = true;

  constructor(windowBits: number, dictionary: Buffer | undefined) {
    this.stream = zlib.createInflateRaw({
      windowBits: Math.max(9, windowBits),
      chunkSize: 64,
      ...(dictionary === undefined ? {} : { dictionary }),
    });
    const below = this.stream as unknown as WithHandle;
    this.handle = below._handle;
    this.left = below._writeState;
    this.handle.onerror = () => {
      this.failed = true;
    };
  }

  /** The message; `undefined` where it is not whole, not right, or has more bytes. Then the stream is of no more use. */
  inflate(payload: Uint8Array, limit: number): Buffer | undefined {
    const { length } = payload;
    if (length > MOST_INPUT) return undefined;
    this.wasUsed = true;
    input.set(payload);
    for (let at = 0; at < TAIL.length; at++) input[length + at] = TAIL[at]!;
    const room = Math.min(limit + 1, MOST_OUTPUT);
    this.handle.writeSync(zlib.constants.Z_SYNC_FLUSH, input, 0, length + TAIL.length, output, 0, room);
    const [roomLeft, inputLeft] = this.left;
    // Without room left there may be more to come; with input left, a final block has ended the stream.
    if (this.failed || roomLeft === 0 || inputLeft !== 0) return undefined;
    const message = Buffer.allocUnsafe(room - roomLeft!);
    output.copy(message, 0, 0, message.length);
    return message;
  }

  close(): void {
    this.stream.close();
  }
}

/** Who has one: told when it is let go. */
export interface LiveOwner {
  live: LiveInflater | undefined;
}

const owners = new Set<LiveOwner>();
let timer: NodeJS.Timeout | undefined;
let works: boolean | undefined;

/** Gives the owner a stream that begins behind what the dictionary holds, if there may be one more. */
export function makeLive(owner: LiveOwner, windowBits: number, dictionary: Buffer | undefined): void {
  works ??= isKnown();
  if (!works || owners.size >= MOST_LIVE) return;
  owner.live = new LiveInflater(windowBits, dictionary);
  owners.add(owner);
  timer ??= setInterval(look, LOOK_INTERVAL).unref();
}

export function dropLive(owner: LiveOwner): void {
  owner.live?.close();
  owner.live = undefined;
  owners.delete(owner);
  if (owners.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function look(): void {
  for (const owner of owners) {
    if (owner.live!.wasUsed) owner.live!.wasUsed = false;
    else dropLive(owner);
  }
}

/** Whether this Node has below what is used here, and it does what is expected. */
function isKnown(): boolean {
  try {
    const hello = Buffer.from('f248cdc9c90700', 'hex');
    const again = Buffer.from('f200110000', 'hex');
    const live = new LiveInflater(15, undefined);
    const right = [hello, again].every((payload) => live.inflate(payload, 100)?.toString() === 'Hello');
    const broken = live.inflate(Buffer.from('ffff', 'hex'), 100);
    live.close();
    return right && broken === undefined;
  } catch {
    return false;
  }
}
