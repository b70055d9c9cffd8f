import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from '@fullduplex/websocket';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { broadcastAudiences, WebSocketOutlet } from '../../src/transport/websocket-outlet.js';
import { FakeOutlet } from '../support/outlets.js';
import { settle, until } from '../support/wait.js';

let http: Server;
let engine: WebSocketServer;
let clients: WebSocket[];
beforeEach(async () => {
  http = createServer();
  engine = new WebSocketServer({ server: http });
  clients = [];
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});
afterEach(() => {
  for (const client of clients) client.terminate();
  engine.close();
  http.close();
});

/** A connection, as the server and as the client have it. */
async function open(): Promise<{ outlet: WebSocketOutlet; client: WebSocket; received: string[] }> {
  const accepted = once(engine, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const received: string[] = [];
  client.on('message', (data) => received.push(data.toString()));
  clients.push(client);
  const [[socket]] = await Promise.all([accepted, once(client, 'open')]);
  return { outlet: new WebSocketOutlet(socket), client, received };
}

test('what is sent to an audience and to a member alone arrives in the order in which it was sent', async () => {
  const audience = broadcastAudiences(100_000, () => {})(() => {});
  const [a, b] = [await open(), await open()];
  audience.add(a.outlet);
  audience.add(b.outlet);
  expect(audience.size).toBe(2);
  a.outlet.send('1');
  audience.send('2');
  a.outlet.send('3');
  audience.send('4');
  audience.delete(b.outlet);
  audience.send('5');
  await until(() => a.received.length === 5 && b.received.length === 2);
  expect([a.received, b.received]).toEqual([
    ['1', '2', '3', '4', '5'],
    ['2', '4'],
  ]);
});

test('who comes in the middle of a turn gets what is sent from then on', async () => {
  const audience = broadcastAudiences(100_000, () => {})(() => {});
  const [a, b] = [await open(), await open()];
  audience.add(a.outlet);
  audience.send('1');
  audience.add(b.outlet);
  audience.send('2');
  await until(() => a.received.length === 2 && b.received.length === 1);
  expect(b.received).toEqual(['2']);
});

test('whose backlog passes the limit is let go of with all that was sent until then, and told to its owner', async () => {
  const fallen: unknown[] = [];
  let counted = 0;
  const audience = broadcastAudiences(10_000, () => {
    counted += 1;
  })((outlet) => fallen.push(outlet));
  const [slow, quick] = [await open(), await open()];
  audience.add(slow.outlet);
  audience.add(quick.outlet);
  slow.client.pause();
  const text = 'x'.repeat(50_000);
  let sent = 0;
  await until(async () => {
    audience.send(`${sent} ${text}`);
    sent += 1;
    await settle(1);
    return fallen.length > 0;
  });
  expect(fallen).toEqual([slow.outlet]);
  expect([counted, audience.size]).toEqual([1, 1]);
  const upTo = sent;
  audience.send('after');
  slow.client.resume();
  await until(() => slow.received.length === upTo && quick.received.length === upTo + 1);
  expect(slow.received.map((each) => Number(each.split(' ')[0]))).toEqual(
    Array.from({ length: upTo }, (_, at) => at),
  );
});

test('a connection that is closing takes nothing more, without an error', async () => {
  const { outlet, client } = await open();
  client.terminate();
  await until(() => outlet.socket.readyState !== 1);
  outlet.send('x');
  outlet.ping('x');
  outlet.close({ code: 3001, reason: 'shutdown' });
});

test('only WebSockets are members', () => {
  const audience = broadcastAudiences(1000, () => {})(() => {});
  expect(() => audience.add(new FakeOutlet())).toThrow(TypeError);
});
