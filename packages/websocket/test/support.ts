/** What the engine's tests share: bytes as hex, a record of what a receiver tells, frames as a client sends them. */
import type { WebSocketError } from '../src/protocol/errors.js';
import { headerLength, writeHeader } from '../src/protocol/frame-header.js';
import { applyMask } from '../src/protocol/mask.js';
import {
  type Inflater,
  MessageReceiver,
  type ReceiverHandler,
  type ReceiverSettings,
} from '../src/protocol/message-receiver.js';

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

export function hex(content: Uint8Array): string {
  return Buffer.from(content).toString('hex');
}

/** A frame; with a key, masked. */
export function frame(first: number, payload: Uint8Array | string, key = -1): Uint8Array {
  const content = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const target = new Uint8Array(headerLength(content.length, key >= 0) + content.length);
  const begin = writeHeader(target, 0, first, content.length, key);
  target.set(content, begin);
  if (key >= 0) applyMask(target, begin, target.length, key);
  return target;
}

/** A handler that writes down what it is told, one line each. */
export class Record implements ReceiverHandler {
  readonly lines: string[] = [];
  error: WebSocketError | undefined;

  onMessage(data: Uint8Array, isBinary: boolean): void {
    this.lines.push(isBinary ? `binary ${hex(data)}` : `text ${Buffer.from(data).toString()}`);
  }

  onPing(payload: Uint8Array): void {
    this.lines.push(`ping ${hex(payload)}`);
  }

  onPong(payload: Uint8Array): void {
    this.lines.push(`pong ${hex(payload)}`);
  }

  onClose(code: number, reason: Uint8Array): void {
    this.lines.push(`close ${code} ${Buffer.from(reason).toString()}`);
  }

  onError(error: WebSocketError): void {
    this.error = error;
    this.lines.push(`error ${error.code} ${error.closeCode}`);
  }

  onResumed(): void {
    this.lines.push('resumed');
  }
}

/** What a receiver tells of these bytes, given at once and, in a second one, a byte at a time. */
export function replay(
  content: Uint8Array,
  settings: Partial<ReceiverSettings> = {},
  inflater?: () => Inflater,
): string[] {
  const whole = new Record();
  const cut = new Record();
  const all: ReceiverSettings = { role: 'server', maxPayload: 0, ...settings };
  new MessageReceiver(all, whole, inflater?.()).receive(Uint8Array.from(content));
  const second = new MessageReceiver(all, cut, inflater?.());
  for (const byte of content) second.receive(Uint8Array.of(byte));
  if (whole.lines.join('\n') !== cut.lines.join('\n')) {
    throw new Error(`At once: ${whole.lines.join(', ')}; a byte at a time: ${cut.lines.join(', ')}`);
  }
  return whole.lines;
}
