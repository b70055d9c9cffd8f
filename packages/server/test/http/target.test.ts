import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { originForm } from '../../src/http/target.js';
import { startServer } from '../support/server.js';

test.each([
  ['/api/sync?wait=1', '/api/sync?wait=1'],
  ['http://localhost:8080/api/sync?wait=1', '/api/sync?wait=1'],
  ['HTTPS://example.com/', '/'],
  ['http://localhost', '/'],
  ['http://localhost?a=/b', '/?a=/b'],
  ['/http://elsewhere/', '/http://elsewhere/'],
  ['//elsewhere/ws', '//elsewhere/ws'],
  ['*', '*'],
  ['', '/'],
  [undefined, '/'],
])('%s is %s', (target, path) => {
  expect(originForm(target)).toBe(path);
});

test('a target in absolute form is answered like any other', async () => {
  const server = await startServer();
  try {
    const token = await server.token('alice');
    const { port } = new URL(server.url);
    for (const [path, status] of [
      [`/api/sync?token=${token}`, 200],
      ['/healthz', 200],
      ['/ws', 426],
    ] as const) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`GET ${server.url}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect((await text(socket)).split(' ')[1]).toBe(String(status));
    }
    const upgraded = connect(Number(port), '127.0.0.1');
    upgraded.write(
      `GET ${server.url}/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [first] = (await new Promise<Buffer>((resolve) => upgraded.once('data', resolve)))
      .toString()
      .split('\r\n');
    expect(first).toBe('HTTP/1.1 101 Switching Protocols');
    upgraded.destroy();
  } finally {
    await server.close();
  }
});
