/** The frame types of RFC 6455, section 5.2, and the three reserved bits beside them. */

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export type Opcode = (typeof OPCODE)[keyof typeof OPCODE];

/** Bits of a frame's first byte. */
export const FIN = 0x80;
export const RSV1 = 0x40;
export const RSV2 = 0x20;
export const RSV3 = 0x10;

/** Bit of a frame's second byte: a masking key follows, and the payload is masked with it. */
export const MASK = 0x80;

/** Control frames may stand between the fragments of a message, and hold at most this many bytes (5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}
