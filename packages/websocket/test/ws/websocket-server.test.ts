/**
 * What programs written for `ws` expect of its `WebSocketServer`, case by case as its own public tests have them, in our
 * words. Where we differ on purpose the case says so; the reasons stand in the table of `docs/websocket.md`.
 */
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientInfo, Server, WebSocket, WebSocketServer } from '../../src/index.js';
import { bare, next, open, pair, REQUEST, serve, until } from '../node/harness.js';

async function httpServer(): Promise<{ server: http.Server; port: number }> {
  const server = http.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

const address = (port: number, path = ''): string => `ws://127.0.0.1:${port}${path}`;
const statusOf = async (port: number, lines: readonly string[]): Promise<number> => {
  const { received, socket } = await bare(port, lines);
  socket.destroy();
  return Number(received().toString().split(' ')[1]);
};
const without = (name: string, ...more: string[]): string[] => [
  ...REQUEST.filter((line) => !line.startsWith(`${name}:`)),
  ...more,
];

describe('the constructor', () => {
  test.each<[string, object]>([
    ['nothing', {}],
    ['port and server', { port: 1, server: {} }],
    ['port and noServer', { port: 1, noServer: true }],
    ['all three', { port: 1, server: {}, noServer: true }],
  ])('refuses %s', (_, options) => {
    expect(() => new WebSocketServer(options)).toThrow(
      'One and only one of the "port", "server", or "noServer" options must be specified',
    );
  });

  test('is there under both names, and on the class', () => {
    expect([Server, WebSocket.Server, WebSocket.WebSocketServer]).toEqual(Array(3).fill(WebSocketServer));
  });

  test('tells an error of the system', async () => {
    const { port } = await httpServer();
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    expect(await next(server, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
  });

  test('calls back when it listens, on a port of its own', async () => {
    const called = await new Promise<WebSocketServer>((resolve) => {
      const server: WebSocketServer = new WebSocketServer({ port: 0 }, () => resolve(server));
    });
    onTestFinished(() => called.close());
    expect((called.address() as AddressInfo).port).toBeGreaterThan(0);
    expect(called._server).toBeInstanceOf(http.Server);
  });

  test('takes the upgrades of a server that is there, and answers 426 on one of its own', async () => {
    const { port, server } = await httpServer();
    const sockets = new WebSocketServer({ server });
    const connected = next(sockets, 'connection');
    await open(address(port));
    await connected;
    const { port: own } = await serve();
    const response = await fetch(`http://127.0.0.1:${own}`);
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  test('listens to its server’s events, and to no more of them after close', async () => {
    const { server } = await httpServer();
    const before = server.listenerCount('upgrade');
    const sockets = new WebSocketServer({ server });
    expect(server.listenerCount('upgrade')).toBe(before + 1);
    sockets.close();
    expect(server.listenerCount('upgrade')).toBe(before);
  });
});

describe('address', () => {
  test('is that of its server, null once closed, and an error with noServer', async () => {
    const { port, server } = await serve();
    expect(server.address()).toMatchObject({ port });
    const none = new WebSocketServer({ noServer: true });
    expect(() => none.address()).toThrow('The server is operating in "noServer" mode');
    server.close();
    expect(server.address()).toBe(null);
  });
});

describe('clients', () => {
  test('has those who are there, and not those who are gone', async () => {
    const { ours, served } = await pair();
    expect(served.server.clients!.size).toBe(1);
    ours.close();
    await next(ours, 'close');
    await until(() => served.server.clients!.size === 0);
  });

  test('is not there without clientTracking', async () => {
    const { server, url } = await serve({ clientTracking: false });
    expect(server.clients).toBeUndefined();
    (await open(url)).terminate();
  });

  test('an own class is what it has', async () => {
    class Own extends WebSocket {
      get own(): boolean {
        return true;
      }
    }
    const { server, url } = await serve({ WebSocket: Own });
    await open(url);
    const [socket] = server.clients!;
    expect((socket as Own).own).toBe(true);
  });
});

describe('path and shouldHandle', () => {
  test('a request for another path is refused, and the query does not count', async () => {
    const { port, server } = await serve({ path: '/foo' });
    expect(await statusOf(port, REQUEST)).toBe(400);
    const asked = (url: string): boolean => server.shouldHandle({ url } as http.IncomingMessage);
    expect([asked('/foo'), asked('/foo?bar=baz'), asked('/bar')]).toEqual([true, true, false]);
    const all = new WebSocketServer({ noServer: true });
    expect(all.shouldHandle({ url: '/foo' } as http.IncomingMessage)).toBe(true);
  });

  test('two servers share one HTTP server by handleUpgrade', async () => {
    const { port, server } = await httpServer();
    const [one, other] = [new WebSocketServer({ noServer: true }), new WebSocketServer({ noServer: true })];
    server.on('upgrade', (request, stream, head) => {
      const which = request.url === '/one' ? one : other;
      which.handleUpgrade(request, stream, head, (socket) => which.emit('connection', socket, request));
    });
    const connections = [next(one, 'connection'), next(other, 'connection')];
    await Promise.all([open(address(port, '/one')), open(address(port, '/other'))]);
    await Promise.all(connections);
  });
});

describe('handleUpgrade', () => {
  test('makes a connection of a request on any server', async () => {
    const { port, server } = await httpServer();
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, stream, head) => {
      sockets.handleUpgrade(request, stream, head, (socket) => socket.send('hello'));
    });
    const client = new WebSocket(address(port));
    onTestFinished(() => client.terminate());
    expect(String((await next(client, 'message'))[0])).toBe('hello');
  });

  test('cannot be called twice with the same stream', async () => {
    const { port, server } = await httpServer();
    const sockets = new WebSocketServer({ noServer: true });
    const thrown = new Promise<Error>((resolve) => {
      server.on('upgrade', (request, stream, head) => {
        sockets.handleUpgrade(request, stream, head, () => {
          try {
            sockets.handleUpgrade(request, stream, head, () => {});
          } catch (error) {
            resolve(error as Error);
          }
        });
      });
    });
    await open(address(port));
    expect((await thrown).message).toMatch(/^server\.handleUpgrade\(\) was called more than once/);
  });

  test('a request that is none is answered, and its stream ended', async () => {
    const { port } = await serve();
    expect(await statusOf(port, without('Upgrade', 'Upgrade: foo'))).toBe(400);
    expect(await statusOf(port, without('Sec-WebSocket-Key'))).toBe(400);
    expect(await statusOf(port, without('Sec-WebSocket-Key', 'Sec-WebSocket-Key: P5l8BJcZwRc='))).toBe(400);
    expect(await statusOf(port, without('Sec-WebSocket-Version'))).toBe(400);
    expect(await statusOf(port, [...REQUEST, 'Sec-WebSocket-Protocol: foo;bar'])).toBe(400);
    expect(await statusOf(port, ['POST / HTTP/1.1', ...REQUEST.slice(1)])).toBe(405);
  });

  test('another version is told which there is: with 426 and 13, where ws has 400 and both', async () => {
    const { port } = await serve();
    const { received } = await bare(port, without('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 12'));
    expect(received().toString()).toMatch(/^HTTP\/1\.1 426 [\s\S]*\r\nSec-WebSocket-Version: 13\r\n/);
  });

  test('version 8 and 13 are taken', async () => {
    const { port } = await serve();
    for (const version of [8, 13])
      expect(
        await statusOf(port, without('Sec-WebSocket-Version', `Sec-WebSocket-Version: ${version}`)),
      ).toBe(101);
  });

  test('garbled extensions are refused where compression is on; those that do not fit are declined', async () => {
    const { port } = await serve({ perMessageDeflate: true });
    const asking = (extension: string): string[] => [...REQUEST, `Sec-WebSocket-Extensions: ${extension}`];
    expect(await statusOf(port, asking('permessage-deflate; server_max_window_bits=foo'))).toBe(400);
    expect(await statusOf(port, asking('permessage-deflate; server_max_window_bits=16'))).toBe(101);
    const { received } = await bare(port, asking('permessage-deflate; server_max_window_bits=10'));
    expect(received().toString()).toContain('permessage-deflate; server_max_window_bits=10');
  });

  test('once it is closing, nobody is let in', async () => {
    const { port, server } = await httpServer();
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, stream, head) => {
      sockets.handleUpgrade(request, stream, head, () => {});
    });
    sockets.close();
    expect(await statusOf(port, REQUEST)).toBe(503);
  });
});

describe('close', () => {
  test('closes the HTTP server it has made, and leaves another one alone', async () => {
    const { server } = await httpServer();
    const sockets = new WebSocketServer({ server });
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
    expect(server.listening).toBe(true);
    const own = await serve();
    await new Promise<void>((resolve) => own.server.close(() => resolve()));
    await expect(fetch(`http://127.0.0.1:${own.port}`)).rejects.toThrow();
  });

  test('emits close once the last client is gone', async () => {
    const { server } = await httpServer();
    const sockets = new WebSocketServer({ server });
    const { port } = server.address() as AddressInfo;
    const client = await open(address(port));
    await until(() => sockets.clients!.size === 1);
    let closed = false;
    sockets.close(() => {
      closed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    client.close();
    await until(() => closed);
  });

  test('called again while closing waits for the same; after, it is told so', async () => {
    const server = new WebSocketServer({ noServer: true });
    const calls: (Error | undefined)[] = [];
    server.close((error) => calls.push(error));
    server.close((error) => calls.push(error));
    await until(() => calls.length === 2);
    expect(calls).toEqual([undefined, undefined]);
    const again = new Promise<Error | undefined>((resolve) => server.close(resolve));
    expect((await again)?.message).toBe('The server is not running');
    expect(server._state).toBe(2);
  });

  test('without clientTracking it does not wait for clients', async () => {
    const { server, port } = await httpServer();
    const sockets = new WebSocketServer({ server, clientTracking: false });
    const client = await open(address(port));
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
    expect(client.readyState).toBe(WebSocket.OPEN);
  });
});

describe('verifyClient', () => {
  test('may refuse at once with 401, and sees origin, request and whether it is secure', async () => {
    const seen: ClientInfo[] = [];
    const { port } = await serve({
      verifyClient: (info: ClientInfo) => {
        seen.push(info);
        return false;
      },
    });
    expect(await statusOf(port, [...REQUEST, 'Origin: https://example.com'])).toBe(401);
    expect(seen[0]).toMatchObject({ origin: 'https://example.com', secure: false });
    expect(seen[0]!.req.url).toBe('/');
  });

  test('may refuse later, with a status, a message and headers', async () => {
    const { port } = await serve({
      verifyClient: (_, callback) => setImmediate(callback, false, 503, '', { 'Retry-After': 120 }),
    });
    const { received } = await bare(port);
    expect(received().toString()).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 120\r\n/);
  });

  test('may let in later, even if the client has gone meanwhile', async () => {
    let decide: ((verified: boolean) => void) | undefined;
    const { port, server } = await serve({ verifyClient: (_, callback) => void (decide = callback) });
    const client = createServer();
    client.close();
    const gone = new WebSocket(address(port));
    gone.on('error', () => {});
    await until(() => decide !== undefined);
    gone.terminate();
    await next(gone, 'close');
    await new Promise((resolve) => setTimeout(resolve, 20));
    decide!(true);
    expect(server.clients!.size).toBe(0);
  });
});

describe('subprotocols', () => {
  test('the first that is offered is chosen', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url, ['foo', 'bar']);
    onTestFinished(() => socket.terminate());
    await next(socket, 'open');
    expect(socket.protocol).toBe('foo');
  });

  test('or what handleProtocols says, which is given a Set and the request', async () => {
    const { url } = await serve({
      handleProtocols(protocols, request) {
        expect(request).toBeInstanceOf(http.IncomingMessage);
        expect(protocols).toEqual(new Set(['foo', 'bar']));
        return 'bar';
      },
    });
    const socket = new WebSocket(url, ['foo', 'bar']);
    onTestFinished(() => socket.terminate());
    await next(socket, 'open');
    expect(socket.protocol).toBe('bar');
  });
});

describe('events', () => {
  test('headers gives the lines of the answer before they are sent', async () => {
    const { port, server } = await serve();
    server.on('headers', (headers, request) => {
      expect(headers[0]).toBe('HTTP/1.1 101 Switching Protocols');
      expect(request).toBeInstanceOf(http.IncomingMessage);
      headers.push('X-Mine: yes');
    });
    expect((await bare(port)).received().toString()).toContain('\r\nX-Mine: yes\r\n');
  });

  test('connection comes with what was sent right behind the request', async () => {
    const { port, server } = await serve();
    const connected = next<[WebSocket, http.IncomingMessage]>(server, 'connection');
    await open(address(port, '/x'));
    expect((await connected)[1].url).toBe('/x');
  });

  test('wsClientError has the say over a broken handshake', async () => {
    const { port, server } = await serve();
    server.on('wsClientError', (error: Error, stream: Duplex) => {
      expect(error.message).toBe('Missing or invalid Sec-WebSocket-Key header');
      stream.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n');
    });
    expect(await statusOf(port, without('Sec-WebSocket-Key'))).toBe(418);
  });

  test('listening is told', async () => {
    const server = new WebSocketServer({ port: 0 });
    onTestFinished(() => server.close());
    await next(server, 'listening');
  });
});

describe('compression', () => {
  test('is off by default, for a server', async () => {
    const { ours, theirs } = await pair();
    expect([ours.extensions, theirs.extensions]).toEqual(['', '']);
  });

  test.each([
    [{}, 'permessage-deflate'],
    [{ clientNoContextTakeover: true }, 'permessage-deflate'],
    [{ serverMaxWindowBits: 10, clientMaxWindowBits: 10 }, 'permessage-deflate'],
    [{ threshold: 0, zlibDeflateOptions: { level: 9, chunkSize: 1024 } }, 'permessage-deflate'],
  ])('with %j messages come out as they were', async (perMessageDeflate, extension) => {
    const { ours, theirs } = await pair({ perMessageDeflate }, { perMessageDeflate: { threshold: 0 } });
    expect([ours.extensions, theirs.extensions]).toEqual([extension, extension]);
    for (const text of ['', 'hi', 'hi'.repeat(5000), 'hi'.repeat(100_000)]) {
      const message = next(ours, 'message');
      theirs.send(text, { compress: true });
      expect(String((await message)[0])).toBe(text);
    }
  });
});

test('a local socket is a way to connect, with a path behind it', async () => {
  if (process.platform === 'win32') return;
  const path = join(tmpdir(), `fullduplex-${process.pid}-${Date.now()}.sock`);
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets.clients!) socket.terminate();
    server.close();
  });
  const connected = next<[WebSocket, http.IncomingMessage]>(sockets, 'connection');
  await open(`ws+unix:${path}:/foo?bar=bar`);
  expect((await connected)[1].url).toBe('/foo?bar=bar');
});
