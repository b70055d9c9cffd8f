/** Well-known libraries that are written for `ws` run on the engine unmodified, as a server's and as a client's. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from '@fullduplex/websocket';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { Server as SocketIO } from 'socket.io';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, expect, test } from 'vitest';

const require = createRequire(import.meta.url);

let http: HttpServer;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  http.closeAllConnections();
  http.close();
});

const address = (scheme: string): string => `${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}`;

test('Socket.IO, with the engine as its wsEngine', async () => {
  const server = new SocketIO(http, { wsEngine: WebSocketServer, transports: ['websocket'] });
  cleanups.push(() => server.close());
  server.on('connection', (socket) => {
    socket.on('say', (text: string, bytes: Buffer, done: (answer: string) => void) => {
      server.emit('said', text, bytes);
      done('heard');
    });
  });
  const clients = [0, 1].map(() => io(address('http'), { transports: ['websocket'], forceNew: true }));
  cleanups.push(() => {
    for (const client of clients) client.close();
  });
  await Promise.all(
    clients.map((client) => new Promise<void>((resolve) => client.on('connect', () => resolve()))),
  );
  const said = clients.map(
    (client) => new Promise((resolve) => client.on('said', (...args) => resolve(args))),
  );
  expect(await clients[0]!.emitWithAck('say', '你好', Buffer.from([1, 2, 3]))).toBe('heard');
  for (const args of await Promise.all(said)) expect(args).toEqual(['你好', Buffer.from([1, 2, 3])]);
});

test('Socket.IO upgrades from its long polling to the engine', async () => {
  const server = new SocketIO(http, { wsEngine: WebSocketServer });
  cleanups.push(() => server.close());
  server.on('connection', (socket) =>
    socket.on('echo', (text: string, done: (text: string) => void) => done(text)),
  );
  const client = io(address('http'), { forceNew: true });
  cleanups.push(() => client.close());
  await new Promise<void>((resolve) => client.on('connect', () => resolve()));
  if (client.io.engine.transport.name !== 'websocket') {
    await new Promise<void>((resolve) => client.io.engine.once('upgrade', () => resolve()));
  }
  expect(client.io.engine.transport.name).toBe('websocket');
  expect(await client.emitWithAck('echo', 'over websocket')).toBe('over websocket');
});

test('graphql-ws: queries and subscriptions, server and client', async () => {
  // The very module that graphql-ws loads: it refuses a schema of another copy.
  const { GraphQLObjectType, GraphQLSchema, GraphQLString } = require('graphql') as typeof import('graphql');
  async function* count(): AsyncGenerator<{ count: string }> {
    for (const number of ['one', 'two', 'three']) yield { count: number };
  }
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: { hello: { type: GraphQLString, resolve: () => 'world' } },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: { count: { type: GraphQLString, subscribe: count } },
    }),
  });
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  // graphql-ws types its server as ws's class; what it uses of it is there.
  const disposable = useServer({ schema }, sockets as unknown as Parameters<typeof useServer>[1]);
  cleanups.push(() => disposable.dispose());
  const client = createClient({ url: `${address('ws')}/graphql`, webSocketImpl: WebSocket });
  cleanups.push(() => client.dispose());
  const results: unknown[] = [];
  for await (const result of client.iterate({ query: '{ hello }' })) results.push(result.data);
  for await (const result of client.iterate({ query: 'subscription { count }' })) results.push(result.data);
  expect(results).toEqual([{ hello: 'world' }, { count: 'one' }, { count: 'two' }, { count: 'three' }]);
});

test('y-websocket: two documents become one through its server', async () => {
  const Y = require('yjs') as typeof import('yjs');
  const { WebsocketProvider } = require('y-websocket') as typeof import('y-websocket');
  const { setupWSConnection } = require('y-websocket/bin/utils') as {
    readonly setupWSConnection: (connection: WebSocket, request: IncomingMessage) => void;
  };
  const sockets = new WebSocketServer({ server: http });
  cleanups.push(() => sockets.close());
  sockets.on('connection', (connection, request) => setupWSConnection(connection, request));
  const documents = [0, 1].map(() => {
    const document = new Y.Doc();
    const provider = new WebsocketProvider(address('ws'), 'notes', document, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
    });
    cleanups.push(() => provider.destroy());
    return document;
  });
  documents[0]!.getText('body').insert(0, 'written by the first');
  await expect.poll(() => documents[1]!.getText('body').toJSON()).toBe('written by the first');
  documents[1]!.getText('body').insert(0, 'and by the second; ');
  await expect
    .poll(() => documents[0]!.getText('body').toJSON())
    .toBe('and by the second; written by the first');
});

test('tRPC: queries and subscriptions over its WebSocket adapter and link', async () => {
  const t = initTRPC.create();
  const router = t.router({
    greet: t.procedure.query(() => 'hello'),
    count: t.procedure.subscription(async function* () {
      for (const number of [1, 2, 3]) yield number;
    }),
  });
  const sockets = new WebSocketServer({ server: http });
  const handler = applyWSSHandler({
    wss: sockets as unknown as Parameters<typeof applyWSSHandler>[0]['wss'],
    router,
  });
  cleanups.push(() => {
    handler.broadcastReconnectNotification();
    sockets.close();
  });
  const socket = createWSClient({
    url: address('ws'),
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  cleanups.push(() => socket.close());
  const client = createTRPCClient<typeof router>({ links: [wsLink({ client: socket })] });
  expect(await client.greet.query()).toBe('hello');
  const numbers: number[] = [];
  await new Promise<void>((resolve, reject) => {
    client.count.subscribe(undefined, {
      onData: (number) => numbers.push(number),
      onComplete: resolve,
      onError: reject,
    });
  });
  expect(numbers).toEqual([1, 2, 3]);
});
