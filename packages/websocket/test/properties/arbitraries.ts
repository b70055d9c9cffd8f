/**
 * What the properties are tried on: messages and control frames, the bytes of them in fragments and chunks of any
 * size, and bytes of no meaning at all. Also how often: `FUZZ_SECONDS` and `FUZZ_SEED` make a long run of a short one.
 */
import fc from 'fast-check';
import { headerLength, writeHeader } from '../../src/protocol/frame-header.js';

const seconds = Number(process.env.FUZZ_SECONDS ?? 0);
const seed = process.env.FUZZ_SEED;

/** Settings for one property; `runs` is how often it is tried in the ordinary tests. */
export const often = (runs: number): fc.Parameters<unknown> => ({
  ...(seconds > 0
    ? {
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: seconds * 1000,
        markInterruptAsFailure: false,
      }
    : { numRuns: runs }),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});

export type Heard =
  | { readonly kind: 'text' | 'binary' | 'ping' | 'pong'; readonly payload: string }
  | { readonly kind: 'close'; readonly code: number; readonly payload: string };

export interface Frame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The bytes of a frame; masked with a key as a client must, or bare as a server must. */
export const encode = ({ fin, rsv, opcode, payload }: Frame, mask: Uint8Array | undefined): Uint8Array => {
  const size = headerLength(payload.length, mask !== undefined);
  const bytes = new Uint8Array(size + payload.length);
  const word = mask === undefined ? -1 : new DataView(mask.buffer, mask.byteOffset, 4).getUint32(0, true);
  writeHeader(bytes, 0, (fin ? 0x80 : 0) | (rsv << 4) | opcode, payload.length, word);
  bytes.set(payload, size);
  if (mask !== undefined) for (let i = 0; i < payload.length; i++) bytes[size + i]! ^= mask[i & 3]!;
  return bytes;
};

export const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Cuts bytes at positions given as shares of their length; every piece has memory of its own. */
export const cut = (bytes: Uint8Array, shares: readonly number[]): Uint8Array[] => {
  const places = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b);
  const borders = [0, ...places, bytes.length];
  return borders.slice(1).map((end, index) => bytes.slice(borders[index], end));
};

export const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
export const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
  maxLength: 12,
});

const someText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 100, maxLength: 400 }) },
);
const someBytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.nat(70_000).map((length) => new Uint8Array(length).fill(length & 255)) },
);

/** A message with where it is cut into fragments, and the control frames that come between them. */
const message = fc.record({
  isText: fc.boolean(),
  text: someText,
  bytes: someBytes,
  cuts: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: shares }),
  between: fc.array(fc.record({ isPing: fc.boolean(), payload: fc.uint8Array({ maxLength: 125 }) }), {
    maxLength: 3,
  }),
});

/** Frames that keep every rule, and what a receiver must make of them. */
export interface Conversation {
  readonly frames: readonly Frame[];
  readonly heard: readonly Heard[];
}

const tell = (
  messages: readonly (typeof message extends fc.Arbitrary<infer T> ? T : never)[],
): Conversation => {
  const frames: Frame[] = [];
  const heard: Heard[] = [];
  for (const { isText, text, bytes, cuts, between } of messages) {
    const payload = isText ? new TextEncoder().encode(text) : bytes;
    const fragments = cut(payload, cuts);
    fragments.forEach((fragment, index) => {
      const opcode = index > 0 ? 0 : isText ? 1 : 2;
      frames.push({ fin: index === fragments.length - 1, rsv: 0, opcode, payload: fragment });
      const control = between[index];
      if (control === undefined || index === fragments.length - 1) return;
      frames.push({ fin: true, rsv: 0, opcode: control.isPing ? 9 : 10, payload: control.payload });
      heard.push({ kind: control.isPing ? 'ping' : 'pong', payload: hex(control.payload) });
    });
    heard.push({ kind: isText ? 'text' : 'binary', payload: hex(payload) });
  }
  return { frames, heard };
};

export const conversation: fc.Arbitrary<Conversation> = fc.array(message, { maxLength: 6 }).map(tell);

/** Any frame, most of them against the rules. */
export const anyFrame: fc.Arbitrary<Frame> = fc.record({
  fin: fc.boolean(),
  rsv: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 7 }) },
  ),
  opcode: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) },
    { weight: 1, arbitrary: fc.nat(15) },
  ),
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** Bytes that may get far: frames of any kind, then bytes overwritten here and there, then bytes of no meaning. */
export const hostileBytes: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(anyFrame, { maxLength: 8 }),
    key,
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(255)), {
      maxLength: 4,
    }),
    fc.uint8Array({ maxLength: 64 }),
  )
  .map(([frames, mask, wounds, rest]) => {
    const bytes = join([...frames.map((frame) => encode(frame, mask)), rest]);
    for (const [share, value] of wounds) bytes[Math.floor(share * bytes.length)] = value;
    return bytes;
  });
