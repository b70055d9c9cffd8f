/**
 * A switch between this window and the network. Off, every connection is cut and every request fails, just as without
 * a network: it lets a reader see what the client does then, without pulling a cable.
 */
import { Store } from './store.js';

export class Network {
  readonly online = new Store(true);
  /** Whether the machine has a network at all, as the browser says. */
  readonly reachable = new Store(globalThis.navigator?.onLine !== false);
  readonly WebSocket: typeof WebSocket;
  readonly #sockets = new Set<WebSocket>();
  readonly #requests = new Set<AbortController>();

  constructor() {
    globalThis.addEventListener?.('online', () => this.reachable.set(true));
    globalThis.addEventListener?.('offline', () => this.reachable.set(false));
    const { online } = this;
    const sockets = this.#sockets;
    this.WebSocket = class extends globalThis.WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        if (!online.get()) throw new DOMException('The window is offline.', 'NetworkError');
        super(url, protocols);
        sockets.add(this);
        this.addEventListener('close', () => sockets.delete(this));
      }
    };
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (!this.online.get()) throw new TypeError('The window is offline.');
    const cut = new AbortController();
    this.#requests.add(cut);
    const signal = init?.signal ? AbortSignal.any([init.signal, cut.signal]) : cut.signal;
    // Held until the body has ended too: a stream of events is cut in the middle.
    const forget = (): void => void this.#requests.delete(cut);
    try {
      const response = await fetch(input, { ...init, signal });
      return watchBody(response, forget);
    } catch (error) {
      forget();
      throw cut.signal.aborted ? new TypeError('The window is offline.') : error;
    }
  };

  set(online: boolean): void {
    this.online.set(online);
    if (online) return;
    for (const socket of this.#sockets) socket.close();
    for (const request of this.#requests) request.abort();
    this.#sockets.clear();
    this.#requests.clear();
  }
}

/** The same response, telling when its body has been read or given up. */
function watchBody(response: Response, ended: () => void): Response {
  if (!response.body) {
    ended();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          ended();
          controller.close();
        } else controller.enqueue(value);
      } catch (error) {
        ended();
        controller.error(error);
      }
    },
    cancel(reason) {
      ended();
      return reader.cancel(reason);
    },
  });
  return new Response(body, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}
