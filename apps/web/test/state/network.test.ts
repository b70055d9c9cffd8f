import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Network } from '../../src/state/network.js';

class FakeSocket extends EventTarget {
  static readonly made: FakeSocket[] = [];
  closed = false;
  constructor() {
    super();
    FakeSocket.made.push(this);
  }
  close(): void {
    this.closed = true;
    this.dispatchEvent(new Event('close'));
  }
}

/** A server whose answer's body goes on until it is cut. */
function endless(signal: AbortSignal | null | undefined): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('first'));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
  return new Response(body, { status: 201, headers: { 'x-kept': 'yes' } });
}

beforeEach(() => {
  FakeSocket.made.length = 0;
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('online', () => {
  test('answers come as they are', async () => {
    vi.stubGlobal(
      'fetch',
      async () => new Response('{"a":1}', { status: 418, headers: { 'x-kept': 'yes' } }),
    );
    const response = await new Network().fetch('/x');
    expect([response.status, response.headers.get('x-kept'), await response.json()]).toEqual([
      418,
      'yes',
      { a: 1 },
    ]);
  });

  test('an answer without a body has none', async () => {
    vi.stubGlobal('fetch', async () => new Response(null, { status: 204 }));
    expect((await new Network().fetch('/x')).status).toBe(204);
  });

  test('the caller’s own signal still cuts', async () => {
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => endless(init.signal));
    const own = new AbortController();
    const response = await new Network().fetch('/x', { signal: own.signal });
    own.abort();
    await expect(response.text()).rejects.toThrow();
  });
});

describe('going offline', () => {
  test('closes what is open and lets nothing new be opened, until one is back', () => {
    const network = new Network();
    const socket = new network.WebSocket('ws://x');
    network.set(false);
    expect(FakeSocket.made.map((it) => it.closed)).toEqual([true]);
    expect(() => new network.WebSocket('ws://x')).toThrow('offline');
    network.set(true);
    expect(new network.WebSocket('ws://x')).not.toBe(socket);
  });

  test('cuts an answer in its middle, and fails what is asked then', async () => {
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => endless(init.signal));
    const network = new Network();
    const response = await network.fetch('/x');
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first');
    network.set(false);
    await expect(reader.read()).rejects.toThrow();
    await expect(network.fetch('/x')).rejects.toThrow('offline');
  });

  test('fails a request that has no answer yet', async () => {
    vi.stubGlobal(
      'fetch',
      (_: string, init: RequestInit) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        }),
    );
    const network = new Network();
    const answer = network.fetch('/x');
    network.set(false);
    await expect(answer).rejects.toThrow('The window is offline.');
  });
});

test('knows from the browser whether there is a network at all', () => {
  const browser = new EventTarget();
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser));
  const network = new Network();
  expect(network.reachable.get()).toBe(true);
  browser.dispatchEvent(new Event('offline'));
  expect([network.reachable.get(), network.online.get()]).toEqual([false, true]);
  browser.dispatchEvent(new Event('online'));
  expect(network.reachable.get()).toBe(true);
});
