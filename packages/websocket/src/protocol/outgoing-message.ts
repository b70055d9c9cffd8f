/**
 * A message that is sent in fragments (RFC 6455, section 5.4): which opcode each fragment bears, and the text of one
 * that was cut between the two halves of a character. It knows nothing of what else is sent.
 */
import { FIN, OPCODE, type Opcode } from './opcode.js';

export class OutgoingMessage {
  private readonly opcode: Opcode;
  private begun = false;
  /** A high surrogate that ended a fragment: what it is half of stands with the next one. */
  private half = '';

  constructor(isBinary: boolean) {
    this.opcode = isBinary ? OPCODE.binary : OPCODE.text;
  }

  /** FIN and the opcode of the next fragment. */
  next(last: boolean): number {
    const opcode = this.begun ? OPCODE.continuation : this.opcode;
    this.begun = true;
    return last ? FIN | opcode : opcode;
  }

  /** The fragment as it can be encoded by itself: no character of a text is cut between it and its neighbours. */
  whole(fragment: string | Uint8Array, last: boolean): string | Uint8Array {
    if (typeof fragment !== 'string') return this.half === '' ? fragment : this.afterHalf(fragment);
    const text = this.half === '' ? fragment : this.half + fragment;
    this.half = '';
    if (last || !endsInHalf(text)) return text;
    this.half = text.slice(-1);
    return text.slice(0, -1);
  }

  /** Bytes behind half a character: the half is none, and goes out as what stands for that. */
  private afterHalf(fragment: Uint8Array): Uint8Array {
    this.half = '';
    const bytes = new Uint8Array(3 + fragment.length);
    bytes.set([0xef, 0xbf, 0xbd]);
    bytes.set(fragment, 3);
    return bytes;
  }
}

function endsInHalf(text: string): boolean {
  const code = text.charCodeAt(text.length - 1);
  return code >= 0xd800 && code <= 0xdbff;
}
