import { connect, createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  acceptOverHttp2,
  type ClientInfo,
  connectOverHttp2,
  type ServerOptions,
  WebSocket,
  WebSocketServer,
} from '../../src/index.js';
import { echo, next, nextMessage } from './harness.js';

async function session(options: ServerOptions = {}, enableConnectProtocol = true) {
  const http2 = createServer({ settings: { enableConnectProtocol } });
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (one) => sessions.add(one));
  const server = new WebSocketServer({ noServer: true, ...options });
  server.on('connection', echo);
  acceptOverHttp2(server, http2);
  await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
  const { port } = http2.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => {
    client.destroy();
    for (const one of sessions) one.destroy();
    http2.close();
  });
  return { client, port, server };
}

test.each([false, true])('messages go and come on a stream (compression: %s)', async (perMessageDeflate) => {
  const { client, server } = await session({ perMessageDeflate });
  const connected = next<[unknown, { url: string }]>(server, 'connection');
  const socket = await connectOverHttp2(client, '/chat?x=1', { protocols: ['a', 'b'] });
  expect((await connected)[1].url).toBe('/chat?x=1');
  expect([socket.protocol, socket.extensions]).toEqual(['a', perMessageDeflate ? 'permessage-deflate' : '']);
  for (const size of [1, 1000, 300_000]) {
    const answer = nextMessage(socket);
    socket.send(Buffer.alloc(size, 'abc'));
    expect((await answer).equals(Buffer.alloc(size, 'abc'))).toBe(true);
  }
  const closed = next(socket, 'close');
  socket.close(4000, 'bye');
  expect(await closed).toEqual([4000, Buffer.from('bye')]);
});

test('two WebSockets share a session', async () => {
  const { client } = await session();
  const [one, other] = [await connectOverHttp2(client, '/'), await connectOverHttp2(client, '/')];
  const answers = [nextMessage(one), nextMessage(other)];
  one.send('1');
  other.send('2');
  expect((await Promise.all(answers)).map(String)).toEqual(['1', '2']);
});

test('who is not let in gets a status', async () => {
  const { client } = await session({ verifyClient: () => false });
  await expect(connectOverHttp2(client, '/')).rejects.toThrow('Unexpected server response: 401');
  const elsewhere = await session({ path: '/ws' });
  await expect(connectOverHttp2(elsewhere.client, '/')).rejects.toMatchObject({
    code: 'WS_ERR_HANDSHAKE_REFUSED',
  });
});

test('a server that does not offer it is not asked', async () => {
  const { client } = await session({}, false);
  await expect(connectOverHttp2(client, '/')).rejects.toThrow('The server takes no WebSockets over HTTP/2');
});

test('a server is asked once it has said what it takes, however early that is', async () => {
  const { port } = await session();
  const early = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => early.destroy());
  await next(early, 'connect');
  const socket = await connectOverHttp2(early, '/');
  const answer = nextMessage(socket);
  socket.send('early');
  expect((await answer).toString()).toBe('early');
});

test('a stream that is reset before an answer rejects', async () => {
  const http2 = createServer({ settings: { enableConnectProtocol: true } });
  http2.on('stream', (stream) => stream.close(0));
  await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
  const client = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.destroy();
    http2.close();
  });
  await expect(connectOverHttp2(client, '/')).rejects.toMatchObject({ code: 'WS_ERR_HANDSHAKE_REFUSED' });
  client.destroy();
  await expect(connectOverHttp2(client, '/')).rejects.toMatchObject({ code: 'WS_ERR_HANDSHAKE_REFUSED' });
});

test('a signal and a time limit end the attempt', async () => {
  const { client } = await session({ verifyClient: (_info, _callback) => {}, handshakeTimeout: 0 });
  const abort = new AbortController();
  const aborted = connectOverHttp2(client, '/', { signal: abort.signal });
  setImmediate(() => abort.abort());
  await expect(aborted).rejects.toMatchObject({ code: 'WS_ERR_HANDSHAKE_ABORTED' });
  await expect(connectOverHttp2(client, '/', { handshakeTimeout: 30 })).rejects.toMatchObject({
    code: 'WS_ERR_HANDSHAKE_TIMEOUT',
  });
});

test('headers go along, and an address opens a stream of a session that is there', async () => {
  const { client, port, server } = await session({
    verifyClient: ({ req }: ClientInfo) => req.headers.cookie === 'a=b',
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, {
    session: client,
    headers: { Cookie: 'a=b' },
    origin: `http://127.0.0.1:${port}`,
  });
  const connected = next<[unknown, { url: string; headers: Record<string, string> }]>(server, 'connection');
  const [, request] = await connected;
  expect([request.url, request.headers.origin]).toEqual(['/chat', `http://127.0.0.1:${port}`]);
  if (socket.readyState === socket.CONNECTING) await next(socket, 'open');
  const answer = nextMessage(socket);
  socket.send('over HTTP/2');
  expect((await answer).toString()).toBe('over HTTP/2');
  const refused = new WebSocket(`ws://127.0.0.1:${port}/`, { session: client });
  expect(await next(refused, 'error')).toMatchObject([{ code: 'WS_ERR_HANDSHAKE_REFUSED' }]);
});
