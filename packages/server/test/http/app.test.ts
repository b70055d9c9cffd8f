import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Appended } from '@fullduplex/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerConfig } from '../../src/config.js';
import { type Running, startServer } from '../support/server.js';

let server: Running;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.close();
});

const LOBBY = 'room:lobby';

async function restart(config: ServerConfig): Promise<void> {
  await server.close();
  server = await startServer(config);
}

describe('POST /api/guest', () => {
  test('gives a name its token; a name in another case is the same user', async () => {
    const { status, body } = await server.post<{ user: string; token: string }>('/api/guest', {
      name: 'Alice',
    });
    expect([status, body.user]).toEqual([200, 'Alice']);
    expect((await server.post<{ user: string }>('/api/guest', { name: 'ALICE' })).body.user).toBe('Alice');
    await server.command(body.token, 'me.state');
  });

  test('exclusively only while nobody of that name is here', async () => {
    const ask = async (): Promise<number> =>
      (await server.post('/api/guest', { name: 'alice', exclusive: true })).status;
    expect(await ask()).toBe(200);
    const session = await server.session('alice');
    expect(await ask()).toBe(409);
    session.socket.socket.close(1000);
    await session.socket.end();
    expect(await ask()).toBe(200);
  });

  test('refuses names that are none', async () => {
    for (const name of ['', 'a b', 'x'.repeat(10_000), 'a\u0000b', 5, null, undefined]) {
      const { status, body } = await server.post('/api/guest', { name });
      expect([status, body.error.code]).toEqual([400, 'invalid_name']);
    }
  });

  test('is closed without guests', async () => {
    await restart({ tokenSecret: 'a secret of the application' });
    expect((await server.post('/api/guest', { name: 'alice' })).status).toBe(403);
  });

  test('is limited by address, where the address tells callers apart', async () => {
    await restart({ trustProxy: true, limits: { guestsPerMinute: 3 } });
    const from = async (address: string): Promise<number> =>
      (await server.post('/api/guest', { name: 'alice' }, { 'X-Forwarded-For': address })).status;
    const statuses: number[] = [];
    for (let at = 0; at < 5; at++) statuses.push(await from('203.0.113.7'));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await from('203.0.113.8')).toBe(200);
    for (let at = 0; at < 5; at++) expect(await from('127.0.0.1')).toBe(200);
  });
});

describe('POST /api/commands/METHOD', () => {
  test('is the table of commands', async () => {
    const token = await server.token('alice');
    const { position } = await server.command(token, 'message.send', {
      channel: LOBBY,
      key: 'k',
      text: 'hi',
    });
    const again = await server.command(token, 'message.send', { channel: LOBBY, key: 'k', text: 'hi' });
    expect(again).toEqual({ position, duplicate: true });
  });

  test('tells what is wrong by a code, a fitting status and a sentence', async () => {
    const token = await server.token('alice');
    const call = async (
      method: string,
      body: unknown,
      bearer = token,
    ): Promise<[number, string, boolean]> => {
      const answer = await server.post(`/api/commands/${method}`, body, {
        Authorization: `Bearer ${bearer}`,
      });
      expect(answer.body.error.message).toMatch(/\w/);
      expect(answer.headers.get('Content-Type')).toContain('application/json');
      return [answer.status, answer.body.error.code, answer.body.error.retryable];
    };
    expect(await call('me.state', {}, 'nonsense')).toEqual([401, 'unauthorized', false]);
    expect(await call('me.fly', {})).toEqual([404, 'method_not_found', false]);
    expect(await call('message.send', '{')).toEqual([400, 'bad_request', false]);
    expect(await call('message.send', '[]')).toEqual([400, 'bad_request', false]);
    expect(await call('message.send', {})).toEqual([400, 'bad_request', false]);
    const text = 'x'.repeat(70_000);
    expect(await call('message.send', { channel: LOBBY, key: 'k', text })).toEqual([
      413,
      'message_too_large',
      false,
    ]);
    expect(await call('message.send', 'x'.repeat(2_000_000))).toEqual([413, 'message_too_large', false]);
    expect((await server.post('/api/commands/me.state', {})).status).toBe(401);
  });
});

describe('POST /api/publish', () => {
  const apiKey = 'key-of-a-back-end';

  test('takes a back end’s publication by its key', async () => {
    await restart({ apiKey });
    const headers = { Authorization: `ApiKey ${apiKey}` };
    const publication = { channel: 'feed:news', data: { headline: 'x' }, key: 'n-1' };
    const first = await server.post<Appended>('/api/publish', publication, headers);
    expect([first.status, first.body.position.offset, first.body.duplicate]).toEqual([200, 1, false]);
    expect((await server.post<Appended>('/api/publish', publication, headers)).body.duplicate).toBe(true);
    const session = await server.session('alice');
    const { publications } = await session.call('history', { channel: 'feed:news', limit: 1 });
    expect(publications).toMatchObject([{ data: { headline: 'x' }, info: { user: 'server' } }]);
  });

  test('and refuses everyone else, and what is no publication', async () => {
    const publication = { channel: 'feed:news', data: {} };
    expect((await server.post('/api/publish', publication)).status).toBe(401);
    await restart({ apiKey });
    const by = async (key: string, body: unknown): Promise<number> =>
      (await server.post('/api/publish', body, { Authorization: `ApiKey ${key}` })).status;
    expect(await by('another-key-of-a-back-end', publication)).toBe(401);
    expect(await by(apiKey, { data: {} })).toBe(400);
    expect(await by(apiKey, { channel: 'feed:news', data: 5 })).toBe(400);
    expect(await by(apiKey, { channel: 'direct:a,b', data: {} })).toBe(403);
    expect(await by(apiKey, { ...publication, key: '' })).toBe(400);
  });
});

describe('every other address', () => {
  test('/healthz and /metrics', async () => {
    expect((await server.get('/healthz')).text).toBe('{"status":"ok"}');
    const { text, headers } = await server.get('/metrics');
    expect(headers.get('Content-Type')).toContain('text/plain');
    for (const name of ['fullduplex_connections', 'fullduplex_publications_total', 'process_cpu']) {
      expect(text).toContain(name);
    }
  });

  test('an address that is none is 404 with a code, a wrong method 405, a missing upgrade 426', async () => {
    const none = await server.get('/nowhere');
    expect([none.status, none.body.error.code]).toEqual([404, 'method_not_found']);
    const guest = await server.get('/api/guest');
    expect([guest.status, guest.headers.get('Allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await server.post('/healthz', {})).status).toBe(405);
    for (const path of ['/ws', '/ws/alice', '/connection/websocket']) {
      const plain = await server.get(path);
      expect([plain.status, plain.headers.get('Upgrade')]).toEqual([426, 'websocket']);
    }
  });

  test('an offer of another protocol is passed over', async () => {
    const answer = await raw([
      'GET /healthz HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: h2c',
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(answer).toContain('{"status":"ok"}');
  });

  test('what is no HTTP at all does no harm', async () => {
    expect(await raw(['\u0000\u0001 nonsense'])).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(['GET /api/sync?cursor=%zz HTTP/1.1', 'Host: localhost'])).toMatch(/^HTTP\/1\.1 4/);
    expect(await raw(['GET //[ HTTP/1.1', 'Host: localhost'])).toMatch(/^HTTP\/1\.1 4/);
    expect((await server.get('/healthz')).status).toBe(200);
  });

  function raw(lines: string[]): Promise<string> {
    const { port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (/\r\n\r\n./.test(text) || text.includes('Content-Length: 0')) socket.destroy();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
  }
});

describe('origins', () => {
  test('pages of foreign origins may do nothing, and nobody under a foreign name', async () => {
    const evil = { Origin: 'https://evil.example' };
    expect((await server.post('/api/guest', { name: 'alice' }, evil)).status).toBe(403);
    const status = await new Promise<number | undefined>((resolve) => {
      request(`${server.url}/`, { headers: { Host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  test('loopback ones and files may, and can read the answers, failures too', async () => {
    for (const Origin of ['http://localhost:3000', 'http://127.0.0.1:9', 'null']) {
      const guest = await server.post('/api/guest', { name: 'alice' }, { Origin });
      expect([guest.status, guest.headers.get('Access-Control-Allow-Origin')]).toEqual([200, Origin]);
      const failed = await server.post('/api/guest', { name: '' }, { Origin });
      expect([failed.status, failed.headers.get('Access-Control-Allow-Origin')]).toEqual([400, Origin]);
    }
    const preflight = await fetch(`${server.url}/api/commands/me.state`, {
      method: 'OPTIONS',
      headers: { Origin: 'null', 'Access-Control-Request-Method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('Access-Control-Allow-Methods')]).toEqual([
      204,
      'GET, POST, OPTIONS',
    ]);
  });
});

describe('the page', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fullduplex-page-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Chat</title>');
    await writeFile(join(folder, 'assets', 'app-1a2b.js'), `console.log(${'1+'.repeat(2000)}1)`);
    await writeFile(join(folder, 'assets', 'font.woff2'), Buffer.alloc(2000));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('is served at / and /chat, under a strict policy', async () => {
    await restart({ pageDir: folder });
    for (const path of ['/', '/chat']) {
      const { status, headers, text } = await server.get(path);
      expect([status, headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(text).toContain('<title>Chat');
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'self'");
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Cache-Control')).toBe('no-cache');
      const again = await server.get(path, { 'If-None-Match': headers.get('ETag') ?? '' });
      expect([again.status, again.text]).toEqual([304, '']);
    }
  });

  test('its assets may be kept for ever, and are compressed where that gains something', async () => {
    await restart({ pageDir: folder });
    const script = await server.get('/assets/app-1a2b.js', { 'Accept-Encoding': 'gzip, br' });
    expect(script.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('Cache-Control')).toContain('immutable');
    expect(script.headers.get('Content-Encoding')).toBe('br');
    expect(script.text).toMatch(/^console/);
    const plain = await server.get('/assets/app-1a2b.js', { 'Accept-Encoding': 'identity' });
    expect(plain.headers.get('Content-Encoding')).toBeNull();
    expect(plain.text).toBe(script.text);
    const font = await server.get('/assets/font.woff2', { 'Accept-Encoding': 'br' });
    expect([font.headers.get('Content-Type'), font.headers.get('Content-Encoding')]).toEqual([
      'font/woff2',
      null,
    ]);
  });

  test('nothing outside its folder is served', async () => {
    await restart({ pageDir: join(folder, 'assets') });
    for (const path of ['/../index.html', '/%2e%2e/index.html', '/..%2findex.html']) {
      expect((await server.get(path)).status).toBe(404);
    }
  });

  test('without one, / says so', async () => {
    const { status, text } = await server.get('/');
    expect([status, text]).toEqual([404, expect.stringContaining('no page')]);
  });
});
