/** Through an HTTP proxy, by the agents people use for it: they make a tunnel by CONNECT and hand over its socket. */

import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from '../../src/node/server.js';
import { WebSocket } from '../../src/node/websocket.js';

let target: WebSocketServer;
let proxy: http.Server;
/** What the proxy was asked to connect to. */
let asked: string[];
const tunnels: Duplex[] = [];

beforeEach(async () => {
  asked = [];
  target = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  target.on('connection', (socket) => socket.on('message', (data) => socket.send(`${data.toString()} back`)));
  proxy = http.createServer().listen(0, '127.0.0.1');
  proxy.on('connect', (request, client: Duplex, head) => {
    asked.push(request.url ?? '');
    if (request.headers['proxy-authorization'] !== 'Basic b3BlbjpzZXNhbWU=') {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const upstream = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    tunnels.push(client, upstream);
    for (const end of [client, upstream]) end.on('error', () => {});
  });
  await Promise.all([once(proxy, 'listening'), once(target, 'listening')]);
});

afterEach(() => {
  for (const tunnel of tunnels.splice(0)) tunnel.destroy();
  for (const client of target.clients ?? []) client.terminate();
  target.close();
  proxy.close();
});

type Connected = (error: Error | null, socket?: Duplex) => void;

/** The least that a proxy agent does. */
function tunnel(
  options: { readonly host?: string | null; readonly port?: number | string | null },
  done: Connected,
  password: string,
): void {
  http
    .request({
      port: (proxy.address() as AddressInfo).port,
      method: 'CONNECT',
      path: `${options.host}:${options.port}`,
      headers: { 'proxy-authorization': `Basic ${Buffer.from(`open:${password}`).toString('base64')}` },
    })
    .on('connect', (response, socket) => {
      if (response.statusCode === 200) done(null, socket);
      else done(new Error(`the proxy answered ${response.statusCode}`));
    })
    .on('error', done)
    .end();
}

function agentWith(password: string): http.Agent {
  const agent = new http.Agent();
  agent.createConnection = (options, callback) => {
    tunnel(options as { host?: string; port?: number }, callback as Connected, password);
    return undefined as unknown as Duplex;
  };
  return agent;
}

const url = (): string => `ws://127.0.0.1:${(target.address() as AddressInfo).port}/`;

test('an agent that tunnels through a proxy', async () => {
  const socket = new WebSocket(url(), { agent: agentWith('sesame') });
  await once(socket, 'open');
  socket.send('through');
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(data.toString()).toBe('through back');
  expect(asked).toEqual([`127.0.0.1:${(target.address() as AddressInfo).port}`]);
  socket.close();
  await once(socket, 'close');
});

test('a proxy that refuses is an error, and then the end', async () => {
  const socket = new WebSocket(url(), { agent: agentWith('wrong') });
  const told: unknown[] = [];
  socket.on('error', (error) => told.push(error.message));
  await new Promise<void>((resolve) => {
    socket.on('close', (code) => {
      told.push(code);
      resolve();
    });
  });
  expect(told).toEqual(['the proxy answered 407', 1006]);
});

test('wss: asks an https agent', async () => {
  const agent = new https.Agent();
  let port: unknown;
  agent.createConnection = (options, callback) => {
    port = (options as { port?: unknown }).port;
    (callback as Connected)(new Error('seen'));
    return undefined as unknown as Duplex;
  };
  const socket = new WebSocket('wss://proxied.invalid:9443/', { agent });
  const [error] = (await once(socket, 'error')) as [Error];
  expect([error.message, Number(port)]).toEqual(['seen', 9443]);
});
