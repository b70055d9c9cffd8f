/** A WebSocket as delivery and sessions see connections, and the groups of them that share what they are sent. */

import { BroadcastGroup, type WebSocket } from '@fullduplex/websocket';
import type { Disconnect } from '@fullduplex/wire';
import type { Audience, AudienceFactory, Outlet } from '../delivery/audience.js';
import type { Connection } from '../session/connection.js';

/** Who is told of a channel that the outlet fell behind in. */
export interface OutletOwner {
  fellBehind(channel: string): void;
}

const outlets = new WeakMap<WebSocket, WebSocketOutlet>();

export class WebSocketOutlet implements Connection {
  readonly socket: WebSocket;
  owner: OutletOwner | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    outlets.set(socket, this);
  }

  get backlog(): number {
    return this.socket.bufferedAmount;
  }

  /** Whether what is sent goes out; otherwise it is dropped. */
  get isOpen(): boolean {
    return this.socket.readyState === 1;
  }

  send(text: string): void {
    if (this.isOpen) this.socket.send(text);
  }

  ping(payload: string): void {
    if (this.isOpen) this.socket.ping(payload);
  }

  fellBehind(channel: string): void {
    this.owner?.fellBehind(channel);
  }

  close({ code, reason }: Disconnect): void {
    // While it is paused the peer's half of the closing handshake would never be read.
    this.socket.resume();
    this.socket.close(code, reason);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }
}

/**
 * @param outboxBytes what may wait to be written to a member before it is let go of
 * @param fellBehind called for each that was
 */
export function broadcastAudiences(outboxBytes: number, fellBehind: () => void): AudienceFactory {
  return (overflowed) =>
    new BroadcastAudience(outboxBytes, (outlet) => {
      fellBehind();
      overflowed(outlet);
    });
}

class BroadcastAudience implements Audience {
  readonly #group: BroadcastGroup;

  constructor(outboxBytes: number, overflowed: (outlet: Outlet) => void) {
    this.#group = new BroadcastGroup({
      maxBackpressure: outboxBytes,
      onOverflow: (socket) => {
        const outlet = outlets.get(socket);
        if (outlet !== undefined) overflowed(outlet);
      },
    });
  }

  get size(): number {
    return this.#group.size;
  }

  add(outlet: Outlet): void {
    this.#group.add(socketOf(outlet));
  }

  delete(outlet: Outlet): void {
    this.#group.delete(socketOf(outlet));
  }

  send(text: string): void {
    this.#group.send(text);
  }
}

function socketOf(outlet: Outlet): WebSocket {
  if (!(outlet instanceof WebSocketOutlet))
    throw new TypeError('Only WebSockets are members of an audience.');
  return outlet.socket;
}
