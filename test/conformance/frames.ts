/**
 * The judge's own frames: built from a description, read from bytes. It shares no code with the engine that it
 * judges, and can build what an engine must never send.
 */
import { randomFillSync } from 'node:crypto';

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface FrameSpec {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7, RSV1 the highest bit. Default 0. */
  readonly rsv?: number;
  /** Masked as the sender's role has it, or the other way round. */
  readonly maskWrongly?: boolean;
  /** The number of bytes for the length, when it is not the shortest: 2 or 8. */
  readonly lengthBytes?: 2 | 8;
  /** The length that the header claims, when it is not the payload's. */
  readonly claims?: bigint;
}

export interface Frame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : value;

export const text = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: TEXT,
  payload: bytesOf(payload),
  ...more,
});

export const binary = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: BINARY,
  payload: bytesOf(payload),
  ...more,
});

export const continuation = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: CONTINUATION,
  payload: bytesOf(payload),
  ...more,
});

export const ping = (payload: string | Uint8Array = '', more: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: PING,
  payload: bytesOf(payload),
  ...more,
});

export const pong = (payload: string | Uint8Array = '', more: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: PONG,
  payload: bytesOf(payload),
  ...more,
});

/** A close frame with a code and reason, or with any payload at all. */
export const close = (
  code?: number | Uint8Array,
  reason: string | Uint8Array = '',
  more: Partial<FrameSpec> = {},
): FrameSpec => {
  if (code === undefined) return { opcode: CLOSE, payload: new Uint8Array(0), ...more };
  if (typeof code !== 'number') return { opcode: CLOSE, payload: code, ...more };
  const payload = Buffer.concat([Buffer.from([(code >> 8) & 255, code & 255]), bytesOf(reason)]);
  return { opcode: CLOSE, payload, ...more };
};

/** One message as fragments of at most `size` bytes. */
export const fragmented = (opcode: number, payload: Uint8Array, size: number, rsv = 0): FrameSpec[] => {
  const frames: FrameSpec[] = [];
  for (let at = 0; at < payload.length || at === 0; at += size) {
    const first = at === 0;
    frames.push({
      opcode: first ? opcode : CONTINUATION,
      payload: payload.subarray(at, at + size),
      fin: at + size >= payload.length,
      rsv: first ? rsv : 0,
    });
  }
  return frames;
};

/** RFC 6455, section 5.2. */
export const encode = (spec: FrameSpec, fromClient: boolean): Buffer => {
  const { opcode, payload, fin = true, rsv = 0, maskWrongly = false, lengthBytes, claims } = spec;
  const masked = fromClient !== maskWrongly;
  const length = claims ?? BigInt(payload.length);
  const width = lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const head = Buffer.alloc(2 + width + (masked ? 4 : 0));
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (width === 0 ? Number(length) : width === 2 ? 126 : 127);
  if (width === 2) head.writeUInt16BE(Number(length), 2);
  if (width === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomFillSync(head.subarray(head.length - 4));
  const frame = Buffer.concat([head, payload]);
  for (let i = 0; i < payload.length; i++) {
    const at = head.length + i;
    frame[at] = (frame[at] ?? 0) ^ (mask[i & 3] ?? 0);
  }
  return frame;
};

/** Reads frames out of chunks, whatever their borders. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = 2;

  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: Frame[] = [];
    while (this.#held >= this.#needed) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#held);
      this.#chunks = [all];
      const frame = this.#read(all);
      if (frame) frames.push(frame);
    }
    return frames;
  }

  /** One frame from the front of what is held, or nothing and how much it takes. */
  #read(all: Buffer): Frame | undefined {
    const short = all[1]! & 0x7f;
    const masked = (all[1]! & 0x80) !== 0;
    const width = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = 2 + width + (masked ? 4 : 0);
    if (all.length < start) {
      this.#needed = start;
      return undefined;
    }
    const length = width === 0 ? short : width === 2 ? all.readUInt16BE(2) : Number(all.readBigUInt64BE(2));
    const end = start + length;
    if (all.length < end) {
      this.#needed = end;
      return undefined;
    }
    const payload = Buffer.from(all.subarray(start, end));
    if (masked) {
      const mask = all.subarray(start - 4, start);
      for (let i = 0; i < length; i++) payload[i] = payload[i]! ^ mask[i & 3]!;
    }
    const rest = all.subarray(end);
    this.#chunks = [rest];
    this.#held = rest.length;
    this.#needed = 2;
    const first = all[0]!;
    return { fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, opcode: first & 15, masked, payload };
  }
}
