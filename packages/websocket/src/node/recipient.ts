/** A `WebSocket` as its delivery sees it. */
import { STATE } from '../protocol/connection.js';
import type { Recipient } from './delivery.js';
import type { WebSocket } from './websocket.js';

export class SocketRecipient implements Recipient {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  get listens(): boolean {
    return this.socket.listenerCount('message') > 0;
  }

  get isPaused(): boolean {
    return this.socket.isPaused;
  }

  get isOpen(): boolean {
    return this.socket.readyState === STATE.open;
  }

  get highWaterMark(): number {
    return this.socket.ownSettings?.highWaterMark ?? 0;
  }

  get untakenTimeout(): number {
    return this.socket.ownSettings?.untakenTimeout ?? 0;
  }

  tell(data: Buffer, isBinary: boolean): boolean {
    return this.socket.emitMessage(data, isBinary);
  }

  stopReading(on: boolean): void {
    this.socket.stopReading(on);
  }

  whenListening(call: () => boolean): void {
    const added = (event: unknown): void => {
      if (event === 'message' && !call())
        this.socket.removeListener('newListener' as 'drain', added as () => void);
    };
    this.socket.on('newListener' as 'drain', added as () => void);
  }
}
