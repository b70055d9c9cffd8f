/** The choice of a subprotocol, and what the compiler knows of it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, expectTypeOf, test } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';

const servers: { close(): void; clients: Set<WebSocket> | undefined }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients ?? []) client.terminate();
    server.close();
  }
});

async function agreedOn(server: WebSocketServer<'v1' | 'v2'>, offered: string[]): Promise<string> {
  servers.push(server);
  if (server.address() === null) await once(server, 'listening');
  const agreed = new Promise<string>((resolve) => {
    server.on('connection', (socket) => {
      expectTypeOf(socket.protocol).toEqualTypeOf<'v1' | 'v2' | ''>();
      resolve(socket.protocol);
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, offered);
  // A client whose offer was not taken up fails the connection; what the server made of it is what counts here.
  client.on('error', () => {});
  client.on('open', () => client.close());
  return agreed;
}

test('the server’s own list decides, in its order, and types the connections', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', protocols: ['v2', 'v1'] });
  expectTypeOf(server).toEqualTypeOf<WebSocketServer<'v2' | 'v1'>>();
  expect(await agreedOn(server, ['v1', 'v2'])).toBe('v2');
});

test('none of them is none', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', protocols: ['v2', 'v1'] });
  expect(await agreedOn(server, ['v3'])).toBe('');
});

test('a function may choose instead', async () => {
  const server = new WebSocketServer<'v1' | 'v2'>({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => (offered.has('v1') ? 'v1' : false),
  });
  expect(await agreedOn(server, ['v2', 'v1'])).toBe('v1');
});

test('without a list it is any string', () => {
  const server = new WebSocketServer({ noServer: true });
  expectTypeOf(server).toEqualTypeOf<WebSocketServer<string>>();
  server.on('connection', (socket) => expectTypeOf(socket.protocol).toEqualTypeOf<string>());
  expect(server.listenerCount('connection')).toBe(1);
});
