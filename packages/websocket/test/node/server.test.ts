import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { duplexPair } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';
import { bare, echo, next, nextMessage, open, pair, REQUEST, serve, surfaced, until } from './harness.js';

/** The status of the answer to a request with this header changed, added, or left out. */
async function statusOf(port: number, name: string, value?: string): Promise<number> {
  const lines = REQUEST.filter((line) => !line.startsWith(`${name}:`));
  if (value !== undefined) lines.push(`${name}: ${value}`);
  const { received, socket } = await bare(port, lines);
  socket.destroy();
  return Number(received().toString().split(' ')[1]);
}

test.each([
  {},
  { port: 0, noServer: true },
  { port: 0, server: createServer() },
  { noServer: true, server: createServer() },
])('one way to come by requests must be given: %o', (options) => {
  expect(() => new WebSocketServer(options)).toThrow(TypeError);
});

test('the accept value is the one of RFC 6455, section 1.3', async () => {
  const { port } = await serve();
  const { received } = await bare(port);
  expect(received().toString()).toContain('\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
});

test('refusals have the status that RFC 6455, section 4.2 asks for', async () => {
  const { port } = await serve({ path: '/' });
  expect(await statusOf(port, 'Sec-WebSocket-Key')).toBe(400);
  expect(await statusOf(port, 'Sec-WebSocket-Key', 'short')).toBe(400);
  expect(await statusOf(port, 'Sec-WebSocket-Version', '12')).toBe(426);
  expect(await statusOf(port, 'Upgrade', 'other')).toBe(400);
  expect(await statusOf(port, 'Host')).toBe(400);
});

test('a request that asks for no upgrade is asked to', async () => {
  const { port } = await serve();
  const response = await fetch(`http://127.0.0.1:${port}`);
  expect([response.status, await response.text()]).toEqual([426, 'Upgrade Required']);
});

test('pages of other origins stay out, unless they are let in', async () => {
  const { port } = await serve();
  expect(await statusOf(port, 'Origin', 'http://127.0.0.1')).toBe(101);
  expect(await statusOf(port, 'Origin', 'http://evil.example')).toBe(403);
  expect(await statusOf(port, 'Origin', 'null')).toBe(403);
  const listed = await serve({ origins: ['http://good.example'] });
  expect(await statusOf(listed.port, 'Origin', 'http://good.example')).toBe(101);
  expect(await statusOf(listed.port, 'Origin', 'http://127.0.0.1')).toBe(403);
  const all = await serve({ origins: '*' });
  expect(await statusOf(all.port, 'Origin', 'null')).toBe(101);
  const verified = await serve({ verifyClient: () => true });
  expect(await statusOf(verified.port, 'Origin', 'http://evil.example')).toBe(101);
});

test('a subprotocol is chosen by the client, by a list, or by a function', async () => {
  const chosen = async (options: object): Promise<string> => {
    const { url } = await serve(options);
    return (await open(url, { protocols: ['a', 'b', 'c'] })).protocol;
  };
  expect(await chosen({})).toBe('a');
  expect(await chosen({ protocols: ['x', 'c', 'b'] })).toBe('c');
  expect(await chosen({ handleProtocols: (offered: Set<string>) => [...offered].pop() })).toBe('c');
});

test('the headers of the answer may be added to', async () => {
  const { server, url } = await serve();
  server.on('headers', (lines) => lines.push('X-Test: yes'));
  const socket = new WebSocket(url);
  const opened = next(socket, 'open');
  const [response] = await next<[{ headers: Record<string, string> }]>(socket, 'upgrade');
  expect(response.headers['x-test']).toBe('yes');
  await opened;
  socket.terminate();
});

test('clients are known as long as they are there', async () => {
  const { ours, served, theirs } = await pair();
  expect([...served.server.clients!]).toEqual([theirs]);
  ours.terminate();
  await next(theirs, 'close');
  expect(served.server.clients!.size).toBe(0);
  const untracked = await serve({ clientTracking: false });
  expect(untracked.server.clients).toBeUndefined();
  expect(() => untracked.server.drain()).toThrow();
});

test('it shares an HTTP server, and leaves it as it was', async () => {
  const http = createServer((_, response) => response.end('page'));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as { port: number };
  const server = new WebSocketServer({ server: http, path: '/ws' });
  server.on('connection', echo);
  const socket = await open(`ws://127.0.0.1:${port}/ws?x=1`);
  socket.send('hi');
  expect((await nextMessage(socket)).toString()).toBe('hi');
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('page');
  const elsewhere = new WebSocket(`ws://127.0.0.1:${port}/other`);
  expect((await next<[Error]>(elsewhere, 'error'))[0].message).toBe('Unexpected server response: 400');
  socket.terminate();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(http.listenerCount('upgrade')).toBe(0);
  http.closeAllConnections();
  http.close();
});

test('after close nobody comes in, and close again says so', async () => {
  const server = new WebSocketServer({ noServer: true });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
  expect(error?.message).toBe('The server is not running');
  expect(() => server.address()).toThrow('The server is operating in "noServer" mode');
});

test('draining closes all and lets nobody in', async () => {
  const { server, url } = await serve();
  const sockets = [await open(url), await open(url), await open(url)];
  const closed = sockets.map((socket) => next(socket, 'close'));
  const result = await server.drain({ over: 30, code: 1012, reason: 'restart' });
  expect(result).toEqual({ total: 3, asked: 3, closed: 3 });
  for (const end of closed) expect(await end).toEqual([1012, Buffer.from('restart')]);
  const late = new WebSocket(url);
  expect((await next<[Error]>(late, 'error'))[0].message).toBe('Unexpected server response: 503');
});

test('compression is agreed on as both want it', async () => {
  const { ours, theirs } = await pair({ perMessageDeflate: { serverMaxWindowBits: 10 } });
  expect([ours.extensions, theirs.extensions]).toEqual(['permessage-deflate', 'permessage-deflate']);
  const off = await pair();
  expect([off.ours.extensions, off.theirs.extensions]).toEqual(['', '']);
  const { port } = await serve({ perMessageDeflate: true });
  expect(
    await statusOf(port, 'Sec-WebSocket-Extensions', 'permessage-deflate; server_max_window_bits=foo'),
  ).toBe(400);
  expect(
    await statusOf(port, 'Sec-WebSocket-Extensions', 'permessage-deflate; server_max_window_bits=16'),
  ).toBe(101);
});

test('wsClientError gives a broken handshake to whoever listens', async () => {
  const { port, server } = await serve();
  server.on('wsClientError', (error, stream) => stream.end(`HTTP/1.1 418 Teapot\r\n\r\n${error.message}`));
  expect(await statusOf(port, 'Sec-WebSocket-Key')).toBe(418);
});

test('a class of connections can be given', async () => {
  class Named extends WebSocket {
    readonly title = 'named';
  }
  const { server, url } = await serve({ WebSocket: Named });
  const connected = next<[Named]>(server, 'connection');
  await open(url);
  const [socket] = await connected;
  expect(socket.title).toBe('named');
  await until(() => server.clients!.has(socket));
});

test('an empty list of subprotocols is none', async () => {
  const { port } = await serve({ protocols: ['a'] });
  expect(await statusOf(port, 'Sec-WebSocket-Protocol', '')).toBe(101);
});

test('a request without a host may be handed in by the application', async () => {
  const server = new WebSocketServer({ noServer: true });
  const [near, far] = duplexPair();
  onTestFinished(() => void near.destroy());
  const request = {
    method: 'GET',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers: {
      upgrade: 'websocket',
      connection: 'upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    },
    url: '/',
  } as unknown as IncomingMessage;
  const [socket] = await new Promise<[WebSocket]>((resolve) => {
    server.handleUpgrade(request, far, Buffer.alloc(0), (open) => resolve([open]));
  });
  expect(socket.readyState).toBe(socket.OPEN);
  socket.terminate();
});

test("what the application's code throws refuses the client, and surfaces by itself", async () => {
  const exceptions = surfaced();
  const throws = (): never => {
    throw new Error('in a handshake');
  };
  for (const options of [
    { verifyClient: throws },
    { verifyClient: (_info: unknown, _callback: unknown) => throws() },
    { origins: throws },
    { origins: '*' as const, handleProtocols: throws },
  ]) {
    const { port, server } = await serve(options);
    server.on('headers', () => {});
    const lines = ['Origin: http://a.example', 'Sec-WebSocket-Protocol: a'];
    const { received } = await bare(port, [...REQUEST, ...lines]);
    expect(received().toString()).toMatch(/^HTTP\/1\.1 500 /);
  }
  expect(exceptions()).toEqual(Array(4).fill('in a handshake'));
});

test('a listener of connection that throws keeps nobody else out', async () => {
  const exceptions = surfaced();
  const { url } = await serve({}, (socket) => {
    echo(socket);
    throw new Error('in a listener');
  });
  for (let count = 0; count < 2; count++) {
    const client = await open(url);
    const answer = nextMessage(client);
    client.send('hello');
    expect((await answer).toString()).toBe('hello');
  }
  expect(exceptions()).toEqual(['in a listener', 'in a listener']);
});

test('a socket is among the clients until its close was told', async () => {
  const { ours, served, theirs } = await pair();
  const known = new Promise<boolean>((resolve) => {
    theirs.on('close', () => resolve(served.server.clients!.has(theirs)));
  });
  ours.close();
  expect(await known).toBe(true);
  await until(() => served.server.clients!.size === 0);
});

test('its options are what it was told, and the defaults of what it was not', async () => {
  const server = new WebSocketServer({ noServer: true, maxPayload: 5, path: undefined as unknown as string });
  expect(server.options).toMatchObject({
    noServer: true,
    maxPayload: 5,
    path: null,
    perMessageDeflate: false,
    clientTracking: true,
    backlog: null,
  });
});

test('a class of connections is given what the one of ws is given', async () => {
  const made: unknown[][] = [];
  class Recorded extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      made.push(given);
    }
  }
  const { server } = await serve({ WebSocket: Recorded, maxPayload: 7 });
  await open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(made).toEqual([[null, undefined, server.options]]);
});
