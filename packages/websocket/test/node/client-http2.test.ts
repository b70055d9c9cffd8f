import { connect, createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { acceptOverHttp2, connectOverHttp2, type ServerOptions, WebSocketServer } from '../../src/index.js';
import { echo, next, nextMessage } from './harness.js';

async function session(options: ServerOptions = {}, enableConnectProtocol = true) {
  const http2 = createServer({ settings: { enableConnectProtocol } });
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (one) => sessions.add(one));
  const server = new WebSocketServer({ noServer: true, ...options });
  server.on('connection', echo);
  acceptOverHttp2(server, http2);
  await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
  const client = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.destroy();
    for (const one of sessions) one.destroy();
    http2.close();
  });
  return { client, server };
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
