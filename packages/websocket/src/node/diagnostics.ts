/**
 * What can be watched from outside, by `node:diagnostics_channel`. Where nobody subscribes, it costs a look at a flag.
 */
import { channel } from 'node:diagnostics_channel';

export interface HandshakeReport {
  readonly role: 'client' | 'server';
  /** The status of the answer: 101 where the connection is open, 0 where there was no answer. */
  readonly status: number;
  readonly protocol?: string;
  readonly compressed?: boolean;
  readonly reason?: string;
}

export interface MessageReport {
  readonly socket: object;
  readonly direction: 'in' | 'out';
  /** Bytes (in), or bytes or characters of a text (out), before compression. */
  readonly size: number;
  readonly isBinary: boolean;
}

export interface QueueReport {
  readonly socket: object;
  /** Bytes that wait to be taken by the operating system: above 0 when a queue begins, 0 when it is over. */
  readonly bytes: number;
}

export interface DeflateReport {
  readonly direction: 'in' | 'out';
  readonly size: number;
  readonly deflated: number;
}

export interface CloseReport {
  readonly socket: object;
  readonly code: number;
  readonly clean: boolean;
}

/** The channels, by what is published on them. */
export const CHANNELS = {
  /** `HandshakeReport` */
  handshake: channel('fullduplex.websocket.handshake'),
  /** `MessageReport` */
  message: channel('fullduplex.websocket.message'),
  /** `QueueReport` */
  queue: channel('fullduplex.websocket.queue'),
  /** `DeflateReport` */
  deflate: channel('fullduplex.websocket.deflate'),
  /** `CloseReport` */
  close: channel('fullduplex.websocket.close'),
};

export function reportHandshake(report: HandshakeReport): void {
  if (CHANNELS.handshake.hasSubscribers) CHANNELS.handshake.publish(report);
}

export function reportDeflate(direction: 'in' | 'out', size: number, deflated: number): void {
  if (CHANNELS.deflate.hasSubscribers)
    CHANNELS.deflate.publish({ direction, size, deflated } satisfies DeflateReport);
}
