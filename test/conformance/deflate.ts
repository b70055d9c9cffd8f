/**
 * The judge's own permessage-deflate (RFC 7692): a window carried over from message to message for each direction,
 * and the extension's parameters as text. Shares no code with the engine.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

export interface DeflateParameters {
  readonly serverNoTakeover: boolean;
  readonly clientNoTakeover: boolean;
  readonly serverBits: number;
  readonly clientBits: number;
}

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

const remembered = (past: Buffer, message: Uint8Array, bits: number): Buffer => {
  const all = message.length >= 2 ** bits ? Buffer.from(message) : Buffer.concat([past, message]);
  return all.subarray(Math.max(0, all.length - 2 ** bits));
};

/** One direction's context. */
export class DeflateContext {
  readonly #bits: number;
  readonly #keep: boolean;
  #past: Buffer = Buffer.alloc(0);

  constructor(bits: number, keep: boolean) {
    this.#bits = bits;
    this.#keep = keep;
  }

  deflate(message: Uint8Array): Buffer {
    const dictionary = this.#past.length > 0 ? { dictionary: this.#past } : {};
    const out = deflateRawSync(message, {
      // zlib has no raw window of 8 bits. Without any reference back a stream fits every window.
      windowBits: Math.max(9, this.#bits),
      strategy: this.#bits < 9 ? constants.Z_HUFFMAN_ONLY : constants.Z_DEFAULT_STRATEGY,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...dictionary,
    });
    if (this.#keep) this.#past = remembered(this.#past, message, this.#bits);
    // RFC 7692, section 7.2.1: an empty message still has one byte of an empty block.
    return message.length === 0 ? Buffer.from([0]) : out.subarray(0, -4);
  }

  /** Throws when the message refers back farther than the window, as far as zlib can see that. */
  inflate(payload: Uint8Array): Buffer {
    const dictionary = this.#past.length > 0 ? { dictionary: this.#past } : {};
    const message = inflateRawSync(Buffer.concat([payload, tail]), {
      windowBits: Math.max(8, this.#bits),
      // zlib looks into what it has just put out before it minds the window, so it is given little room.
      ...(this.#bits < 15 && payload.length < 16_384 ? { chunkSize: 64 } : {}),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...dictionary,
    });
    if (this.#keep) this.#past = remembered(this.#past, message, this.#bits);
    return message;
  }
}

/** The parameters of one `permessage-deflate` element, or nothing when the header has none. */
export const readDeflate = (header: string | undefined): DeflateParameters | undefined => {
  const element = header?.split(',').find((part) => part.trim().startsWith('permessage-deflate'));
  if (element === undefined) return undefined;
  const fields = new Map(
    element.split(';').map((part) => {
      const [name = '', value = ''] = part.trim().split('=');
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')];
    }),
  );
  return {
    serverNoTakeover: fields.has('server_no_context_takeover'),
    clientNoTakeover: fields.has('client_no_context_takeover'),
    serverBits: Number(fields.get('server_max_window_bits') || 15),
    clientBits: Number(fields.get('client_max_window_bits') || 15),
  };
};

export const writeDeflate = (asked: Partial<DeflateParameters>): string =>
  [
    'permessage-deflate',
    asked.serverNoTakeover && 'server_no_context_takeover',
    asked.clientNoTakeover && 'client_no_context_takeover',
    asked.serverBits !== undefined && `server_max_window_bits=${asked.serverBits}`,
    asked.clientBits !== undefined && `client_max_window_bits=${asked.clientBits}`,
  ]
    .filter(Boolean)
    .join('; ');
