import { describe, expect, test } from 'vitest';
import { cpuTimeOf } from '../../../../test/support/cpu-time.js';
import { readLightHead } from '../../src/transport/light-head.js';

function head(...lines: string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

const GET = 'GET /api/sync?cursor=1abc&wait=25 HTTP/1.1';
const HOST = 'Host: 127.0.0.1:8080';

test('a plain request, with what sync asks for', () => {
  const read = readLightHead(
    head(
      GET,
      HOST,
      'User-Agent: a b/1 (c)',
      'AUTHORIZATION:Bearer x ',
      'accept: text/event-stream',
      'X-Empty:',
    ),
  );
  expect(read).toEqual({
    request: {
      method: 'GET',
      url: '/api/sync?cursor=1abc&wait=25',
      headers: { host: '127.0.0.1:8080', authorization: 'Bearer x', accept: 'text/event-stream' },
    },
    keepAlive: true,
  });
  expect(readLightHead(head('GET /api/sync HTTP/1.1', HOST))?.request.url).toBe('/api/sync');
  expect(readLightHead(head(GET, HOST, 'Connection: close'))?.keepAlive).toBe(false);
  expect(readLightHead(head(GET, HOST, 'Connection: Keep-Alive'))?.keepAlive).toBe(true);
});

describe('everything else is left to node:http', () => {
  const others: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    'a part of it': head(GET, HOST).subarray(0, -1),
    'another method': head('POST /api/sync HTTP/1.1', HOST),
    'another address': head('GET /api/synchrony HTTP/1.1', HOST),
    'an address below': head('GET /api/sync/x HTTP/1.1', HOST),
    'an absolute address': head('GET http://127.0.0.1/api/sync HTTP/1.1', HOST),
    'another version': head('GET /api/sync HTTP/1.0', HOST),
    'two spaces': head('GET  /api/sync HTTP/1.1', HOST),
    'a space in the address': head('GET /api/sync?a b HTTP/1.1', HOST),
    'a control character in the address': head('GET /api/sync?\u0001 HTTP/1.1', HOST),
    'bytes beyond ASCII': head('GET /api/sync?é HTTP/1.1', HOST),
    'no host': head(GET),
    'two hosts': head(GET, HOST, HOST),
    'two tokens': head(GET, HOST, 'Authorization: a', 'Authorization: b'),
    'a body by length': head(GET, HOST, 'Content-Length: 5'),
    'a body of length 0': head(GET, HOST, 'Content-Length: 0'),
    'a body in chunks': head(GET, HOST, 'Transfer-Encoding: chunked'),
    'another request behind it': Buffer.concat([head(GET, HOST), head(GET, HOST)]),
    'bytes behind it': Buffer.concat([head(GET, HOST), Buffer.from('x')]),
    'an upgrade': head(GET, HOST, 'Upgrade: websocket', 'Connection: Upgrade'),
    'another option of the connection': head(GET, HOST, 'Connection: keep-alive, x'),
    'a folded line': head(GET, HOST, 'X: a', ' b'),
    'a space before the colon': head(GET, HOST, 'X : a'),
    'a line without a colon': head(GET, HOST, 'nonsense'),
    'an empty name': head(GET, HOST, ': a'),
    'a bare line feed': Buffer.from(`${GET}\n${HOST}\r\n\r\n`),
    'a line feed in a value': Buffer.from(`${GET}\r\n${HOST}\r\nX: a\nContent-Length: 5\r\n\r\n`),
    'a bare carriage return': head(GET, HOST, 'X: a\rb'),
    'a bare carriage return at the end': head(GET, HOST, 'X: a\r'),
    'a form feed': head(GET, HOST, 'X: a\f'),
    'a null byte': head(GET, HOST, 'X: a\u0000'),
    'very much': head(GET, HOST, `X: ${'x'.repeat(20_000)}`),
  };
  for (const [name, chunk] of Object.entries(others)) {
    test(name, () => {
      expect(readLightHead(chunk)).toBeUndefined();
    });
  }
});

test('a hostile head takes no time', () => {
  const took = cpuTimeOf(() => {
    for (let round = 0; round < 100; round++) {
      readLightHead(head(GET, HOST, `X: ${' '.repeat(15_000)}\u0001`));
      readLightHead(head(GET, HOST, `X: ${'a '.repeat(7000)}\u0001`));
      readLightHead(head(`GET /api/sync?${'?'.repeat(15_000)} HTTP/1.1 `, HOST));
    }
  });
  expect(took).toBeLessThan(1000);
});
