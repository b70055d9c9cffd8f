import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http, { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from '../../src/index.js';
import { echo, next, nextMessage, open, serve } from './harness.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that answers each request's head as it is told. */
async function answering(answer: (head: string, socket: Socket) => string | undefined): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      const text = answer(chunk.toString(), socket);
      if (text !== undefined) socket.write(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const keyOf = (head: string): string => /sec-websocket-key: (\S+)/i.exec(head)![1]!;
const acceptOf = (head: string): string =>
  createHash('sha1')
    .update(keyOf(head) + GUID)
    .digest('base64');

async function failure(address: string, options: ClientOptions = {}): Promise<Error & { code?: string }> {
  const socket = new WebSocket(address, options);
  const closed = next(socket, 'close');
  const [error] = await next<[Error]>(socket, 'error');
  await closed;
  expect(socket.readyState).toBe(socket.CLOSED);
  return error;
}

test('it talks to a server whose answer has no space after its colons and a header nobody knows', async () => {
  const port = await answering((head, socket) => {
    socket.once('data', () => socket.write(Buffer.from('81026f6b', 'hex')));
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket\r\nConnection:Upgrade\r\nSec-WebSocket-Accept:${acceptOf(head)}\r\nWebSocket-Location:ws://127.0.0.1/\r\n\r\n`;
  });
  const socket = await open(`ws://127.0.0.1:${port}`);
  socket.send('hi');
  expect((await nextMessage(socket)).toString()).toBe('ok');
});

test('a false accept value opens nothing', async () => {
  const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
  const port = await answering(() => `${head}Sec-WebSocket-Accept: CxYS6+NgJSBG74mdgLvGscRvpns=\r\n\r\n`);
  const error = await failure(`ws://127.0.0.1:${port}`);
  expect([error.code, error.message]).toEqual([
    'WS_ERR_HANDSHAKE_INVALID',
    'Invalid Sec-WebSocket-Accept header',
  ]);
});

test('another status is an error, or for a listener to look at', async () => {
  const port = await answering(
    () => 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 3\r\n\r\nfoo',
  );
  const error = await failure(`ws://127.0.0.1:${port}`);
  expect([error.code, error.message]).toEqual([
    'WS_ERR_HANDSHAKE_REFUSED',
    'Unexpected server response: 401',
  ]);
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const [request, response] = await next<[http.ClientRequest, http.IncomingMessage]>(
    socket,
    'unexpected-response',
  );
  expect(response.statusCode).toBe(401);
  request.destroy();
});

test('a handshake has its time, and its signal', async () => {
  const port = await answering(() => undefined);
  expect((await failure(`ws://127.0.0.1:${port}`, { handshakeTimeout: 30 })).code).toBe(
    'WS_ERR_HANDSHAKE_TIMEOUT',
  );
  const reason = new Error('changed my mind');
  const error = await failure(`ws://127.0.0.1:${port}`, { signal: AbortSignal.abort(reason) });
  expect([error.code, error.cause]).toEqual(['WS_ERR_HANDSHAKE_ABORTED', reason]);
});

test('close and terminate end an attempt', async () => {
  const port = await answering(() => undefined);
  for (const end of ['close', 'terminate'] as const) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const failed = next<[Error]>(socket, 'error');
    const closed = next(socket, 'close');
    socket[end]();
    expect(socket.readyState).toBe(socket.CLOSING);
    expect((await failed)[0].message).toBe('WebSocket was closed before the connection was established');
    await closed;
  }
});

test('an error of the system is given on as it is', async () => {
  const port = await answering(() => undefined);
  const gone = createTcpServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port: closedPort } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  expect(closedPort).not.toBe(port);
  expect((await failure(`ws://127.0.0.1:${closedPort}`)).code).toBe('ECONNREFUSED');
});

test('redirects are not followed, unless wanted, and then not without end', async () => {
  const { port: target } = await serve({}, echo);
  const port = await answering((head) => {
    const location = head.startsWith('GET /loop') ? '/loop' : `ws://127.0.0.1:${target}/`;
    return `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\n\r\n`;
  });
  expect((await failure(`ws://127.0.0.1:${port}`)).message).toBe('Unexpected server response: 302');
  const socket = await open(`ws://127.0.0.1:${port}`, { followRedirects: true });
  expect(socket.url).toBe(`ws://127.0.0.1:${target}/`);
  const looping = await failure(`ws://127.0.0.1:${port}/loop`, { followRedirects: true, maxRedirects: 2 });
  expect(looping.code).toBe('WS_ERR_TOO_MANY_REDIRECTS');
});

test('credentials stay behind when a redirect leads to another host', async () => {
  const heads: http.IncomingHttpHeaders[] = [];
  const target = await serve();
  target.server.on('connection', (_, request) => heads.push(request.headers));
  let location = '';
  const port = await answering((head) => {
    heads.push({
      authorization: /authorization: (.*)/i.exec(head)?.[1],
      cookie: /cookie: (.*)/i.exec(head)?.[1],
    });
    return `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\n\r\n`;
  });
  location = `${target.url}/`;
  await open(`ws://user:word@127.0.0.1:${port}`, { followRedirects: true, headers: { cookie: 'a=b' } });
  expect(heads[0]).toEqual({ authorization: 'Basic dXNlcjp3b3Jk', cookie: 'a=b' });
  expect([heads[1]!.authorization, heads[1]!.cookie]).toEqual([undefined, undefined]);
});

test('the request is made as the options say', () => {
  const agent = new http.Agent() as http.Agent & { addRequest: (request: http.ClientRequest) => void };
  const requests: http.ClientRequest[] = [];
  agent.addRequest = (request) => void requests.push(request);
  const header = (name: string, options: ClientOptions, address = 'ws://localhost'): unknown => {
    new WebSocket(address, { agent, ...options }).on('error', () => {});
    return requests.at(-1)!.getHeader(name);
  };
  expect(header('sec-websocket-extensions', {})).toBe('permessage-deflate; client_max_window_bits');
  expect(header('sec-websocket-extensions', { perMessageDeflate: false })).toBeUndefined();
  expect(header('sec-websocket-protocol', { protocols: ['a', 'b'] })).toBe('a,b');
  expect(header('origin', { origin: 'https://example.com' })).toBe('https://example.com');
  expect(header('sec-websocket-origin', { origin: 'https://example.com', protocolVersion: 8 })).toBe(
    'https://example.com',
  );
  expect(header('authorization', { auth: 'a:b' }, 'ws://c:d@localhost')).toBe('Basic Yzpk');
  expect(header('host', {}, 'ws://localhost:88')).toBe('localhost:88');
});

test('what is no address, no subprotocol, or no version throws at once', () => {
  expect(() => new WebSocket('foo')).toThrow(SyntaxError);
  expect(() => new WebSocket('ws://localhost', ['a', 'a'])).toThrow(
    'An invalid or duplicated subprotocol was specified',
  );
  for (const wrong of ['a b', '', null as unknown as string]) {
    expect(() => new WebSocket('ws://localhost', wrong)).toThrow(SyntaxError);
  }
  expect(() => new WebSocket('ws://localhost', { protocolVersion: 7 })).toThrow(RangeError);
});

test('a local socket leads to a server, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'websocket-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  onTestFinished(() => void server.close());
  const sockets = new WebSocketServer({ server });
  const connected = next<[WebSocket, http.IncomingMessage]>(sockets, 'connection');
  await open(`ws+unix:${join(folder, 's')}:/a?b=c`);
  expect((await connected)[1].url).toBe('/a?b=c');
});
