/**
 * UTF-8 as it arrives: a sequence may be cut anywhere, and the first byte that cannot be right is seen at once
 * (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
 */

/** Whether the bytes are whole, valid UTF-8. The adapter may hand in a faster one than `isUtf8` below. */
export type Utf8Check = (bytes: Uint8Array) => boolean;

/** Validation of one text, piece by piece. */
export class Utf8Validator {
  private readonly check: Utf8Check;
  /** Continuation bytes still wanted by the sequence that a piece's end cut. */
  private wanted = 0;
  /** Bounds of the next continuation byte. */
  private low = 0x80;
  private high = 0xbf;

  constructor(check: Utf8Check = isUtf8) {
    this.check = check;
  }

  /** Whether every byte so far may stand where it stands. After `false` the validator is of no more use. */
  push(piece: Uint8Array): boolean {
    let at = 0;
    while (this.wanted > 0 && at < piece.length) {
      if (!this.continuation(piece[at++]!)) return false;
    }
    if (at === piece.length) return true;
    const end = lastSequence(piece, at);
    if (end > at && !this.check(at === 0 && end === piece.length ? piece : piece.subarray(at, end)))
      return false;
    for (at = end; at < piece.length; at++) {
      if (!(this.wanted === 0 ? this.lead(piece[at]!) : this.continuation(piece[at]!))) return false;
    }
    return true;
  }

  /** Whether the text may end here: no sequence is open. */
  get complete(): boolean {
    return this.wanted === 0;
  }

  private lead(byte: number): boolean {
    this.low = 0x80;
    this.high = 0xbf;
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    if (byte < 0xe0) {
      this.wanted = 1;
    } else if (byte < 0xf0) {
      this.wanted = 2;
      if (byte === 0xe0) this.low = 0xa0;
      if (byte === 0xed) this.high = 0x9f;
    } else {
      this.wanted = 3;
      if (byte === 0xf0) this.low = 0x90;
      if (byte === 0xf4) this.high = 0x8f;
    }
    return true;
  }

  private continuation(byte: number): boolean {
    if (byte < this.low || byte > this.high) return false;
    this.low = 0x80;
    this.high = 0xbf;
    this.wanted--;
    return true;
  }
}

/** Where the sequence that the end of the bytes may cut begins; the end itself if it cuts none. */
function lastSequence(bytes: Uint8Array, from: number): number {
  const end = bytes.length;
  for (let at = end - 1; at >= from && at >= end - 3; at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) {
      const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return at + size > end ? at : end;
    }
  }
  return end;
}

/** Whether the bytes are whole, valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    const lead = bytes[at++]!;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const extra = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + extra > end) return false;
    const second = bytes[at]!;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (let next = 1; next < extra; next++) if ((bytes[at + next]! & 0xc0) !== 0x80) return false;
    at += extra;
  }
  return true;
}
