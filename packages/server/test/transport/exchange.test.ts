import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { NodeExchange } from '../../src/transport/exchange.js';
import { until } from '../support/wait.js';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('of a request it takes what sync asks for', async () => {
  let seen: unknown;
  const url = await serve((request, response) => {
    seen = NodeExchange.request(request);
    new NodeExchange(response).answer(200, {}, '');
  });
  await fetch(`${url}/api/sync?wait=1`, { headers: { Authorization: 'Bearer x', 'X-Other': 'y' } });
  expect(seen).toMatchObject({
    method: 'GET',
    url: '/api/sync?wait=1',
    headers: { authorization: 'Bearer x', host: expect.stringContaining('127.0.0.1') },
  });
  expect(seen).not.toHaveProperty('headers.x-other');
});

test('a whole answer has its length in bytes; one without content has none', async () => {
  const url = await serve((request, response) => {
    const exchange = new NodeExchange(response);
    if (request.url === '/none') exchange.answer(204, { 'X-A': '1' }, '');
    else exchange.answer(404, { 'X-A': '1' }, 'é');
  });
  const some = await fetch(url);
  expect([some.status, some.headers.get('Content-Length'), await some.text()]).toEqual([404, '2', 'é']);
  const none = await fetch(`${url}/none`);
  expect([none.status, none.headers.get('Content-Length'), none.headers.get('X-A')]).toEqual([
    204,
    null,
    '1',
  ]);
});

test('an answer that goes on is begun at once, and its end is told', async () => {
  let exchange: NodeExchange | undefined;
  let ended = 0;
  const url = await serve((_request, response) => {
    exchange = new NodeExchange(response);
    exchange.onEnd(() => {
      ended += 1;
    });
    expect(exchange.begun).toBe(false);
    exchange.begin({ 'Content-Type': 'text/plain' });
  });
  const response = await fetch(url);
  expect(exchange?.begun).toBe(true);
  exchange?.write('one ');
  exchange?.write('two');
  exchange?.finish();
  expect(await response.text()).toBe('one two');
  await until(() => ended === 1);
});

test('a caller who leaves is gone', async () => {
  let exchange: NodeExchange | undefined;
  let ended = false;
  const url = await serve((_request, response) => {
    exchange = new NodeExchange(response);
    exchange.onEnd(() => {
      ended = true;
    });
  });
  const abort = new AbortController();
  const call = fetch(url, { signal: abort.signal }).catch(() => 'aborted');
  await until(() => exchange !== undefined);
  abort.abort();
  expect(await call).toBe('aborted');
  await until(() => ended && exchange?.gone === true);
});
