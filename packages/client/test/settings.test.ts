import { describe, expect, it } from 'vitest';
import { settingsOf } from '../src/settings.js';
import type { ClientOptions } from '../src/types.js';
import { FakeWebSocket } from './support/fake-websocket.js';

const options = (more: Partial<ClientOptions> = {}): ClientOptions => ({
  url: 'http://server.test',
  token: 't',
  WebSocket: FakeWebSocket,
  ...more,
});

describe('settingsOf', () => {
  it.each([
    ['https://chat.example', 'https://chat.example/'],
    ['https://chat.example/live?x=1#y', 'https://chat.example/live/'],
    ['ws://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
    ['wss://chat.example', 'https://chat.example/'],
  ])('takes %s as the directory %s', (url, base) => {
    expect(settingsOf(options({ url })).http.base.href).toBe(base);
  });

  it('uses all transports, best first, and only those that can be had', () => {
    const names = (more: Partial<ClientOptions>) => settingsOf(options(more)).transports;
    expect(names({})).toEqual(['websocket', 'sse', 'long-polling', 'polling']);
    expect(names({ transports: ['polling', 'websocket', 'polling'] })).toEqual(['polling', 'websocket']);
    const { WebSocket: _, ...without } = options();
    const native = globalThis.WebSocket;
    expect(settingsOf(without).transports.includes('websocket')).toBe(native !== undefined);
  });

  it('fills in what was left out', () => {
    expect(settingsOf(options({ timing: { timeout: 5 }, limits: { pendingMessages: 1 } }))).toMatchObject({
      follow: 'mine',
      timing: { timeout: 5, backoffBase: 500, backoffCap: 20_000 },
      limits: { pendingMessages: 1, iteratorBuffer: 1_000 },
    });
  });

  it.each<[string, Partial<ClientOptions>, string]>([
    ['an address that is none', { url: 'ftp://server.test' }, 'begins with http: or https:'],
    ['a token and a way to get one', { getToken: () => 't' }, 'either a token or getToken'],
    ['a transport that there is not', { transports: ['pigeon' as never] }, 'no transport "pigeon"'],
    ['no transport at all', { transports: [] }, 'None of the transports'],
  ])('refuses %s', (_, more, message) => {
    expect(() => settingsOf(options(more))).toThrow(message);
  });

  it('refuses to guess an address outside of a page', () => {
    expect(() => settingsOf({ token: 't' })).toThrow('Give the url of the server.');
  });
});
