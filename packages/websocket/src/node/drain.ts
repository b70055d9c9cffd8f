/** Closing many connections without a stampede: spread over a time, at random, with a report of how far it is. */
import type { WebSocket } from './websocket.js';

export interface DrainProgress {
  /** Connections there were when it began. */
  readonly total: number;
  /** Connections that were asked to close. */
  readonly asked: number;
  /** Connections that are gone. */
  readonly closed: number;
}

export interface DrainOptions {
  /** Milliseconds over which the closes are spread. 0 by default: all at once. */
  readonly over?: number;
  /** The close code; 1001 (going away) by default. */
  readonly code?: number;
  readonly reason?: string;
  /** Called each time a connection is asked to close, or is gone. */
  readonly onProgress?: (progress: DrainProgress) => void;
  /** Gives numbers from 0 to 1, for the moment of each; `Math.random` by default. */
  readonly random?: () => number;
}

/** Resolves when all are gone. */
export function drainSockets(sockets: Iterable<WebSocket>, options: DrainOptions): Promise<DrainProgress> {
  const { code = 1001, onProgress, over = 0, random = Math.random, reason } = options;
  const waiting = Array.from(sockets, (socket) => ({ socket, at: random() * over })).sort(
    (a, b) => a.at - b.at,
  );
  const total = waiting.length;
  let asked = 0;
  let closed = 0;
  if (total === 0) return Promise.resolve({ total, asked, closed });
  return new Promise((resolve) => {
    const gone = (): void => {
      closed++;
      onProgress?.({ total, asked, closed });
      if (closed === total) resolve({ total, asked, closed });
    };
    const askUntil = (now: number): void => {
      while (asked < total && waiting[asked]!.at <= now) {
        const { socket } = waiting[asked++]!;
        socket.close(code, reason);
        onProgress?.({ total, asked, closed });
      }
      const next = waiting[asked];
      if (next !== undefined) setTimeout(askUntil, next.at - now, next.at);
    };
    for (const { socket } of waiting) {
      if (socket.readyState === socket.CLOSED) gone();
      else socket.once('close', gone);
    }
    askUntil(0);
  });
}
