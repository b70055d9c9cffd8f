/**
 * Frames that are encoded once by the application and sent to many, as engine.io and Socket.IO do it: see
 * `WebSocket._sender`. Within this package, a `BroadcastGroup` does more.
 */
import { headerLength, writeHeader } from '../protocol/frame-header.js';
import { FIN, RSV1 } from '../protocol/opcode.js';
import { toBytes } from './payload.js';

export interface FrameOptions {
  /** 1 for text, 2 for binary. */
  readonly opcode: number;
  /** Whether it is the last frame of a message. */
  readonly fin?: boolean;
  /** Whether the data is compressed. */
  readonly rsv1?: boolean;
  /** Only a server's frames can be the same for many: a client masks each with a key of its own. */
  readonly mask?: false;
  readonly readOnly?: boolean;
}

export const Sender = {
  /**
   * A frame as the pieces to be written: its header and the data, which is not copied.
   *
   * @throws TypeError - it is to be masked
   */
  frame(data: string | Uint8Array, { fin = true, mask, opcode, rsv1 = false }: FrameOptions): Buffer[] {
    if (mask) throw new TypeError('A frame that is sent to many cannot be masked');
    const payload = toBytes(data);
    const header = Buffer.alloc(headerLength(payload.length, false));
    writeHeader(header, 0, (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | opcode, payload.length, -1);
    return [header, payload];
  },
};
