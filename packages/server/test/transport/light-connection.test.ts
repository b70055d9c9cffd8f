import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Running, startServer } from '../support/server.js';
import { settle, until } from '../support/wait.js';

let server: Running;
let token: string;
let opened: Raw[];
beforeEach(async () => {
  server = await startServer();
  token = await server.token('alice');
  opened = [];
});
afterEach(async () => {
  for (const each of opened) each.socket.destroy();
  await server.close();
});

/** A connection that says just what the test says. */
class Raw {
  readonly socket: Socket;
  text = '';
  closed = false;

  constructor() {
    this.socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('error', () => {});
    opened.push(this);
  }

  say(...lines: string[]): void {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  async answers(count: number): Promise<string[]> {
    const all = (): string[] => this.text.split(/(?=HTTP\/1\.1 \d)/);
    await until(() => all().length >= count && all().every((answer) => isWhole(answer)), `${count} answers`);
    return all();
  }
}

function isWhole(answer: string): boolean {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return length === undefined ? body.endsWith('0\r\n') : Buffer.byteLength(body) === Number(length);
}

function get(params: Record<string, string> = {}): string {
  return `GET /api/sync?${new URLSearchParams({ token, ...params }).toString()} HTTP/1.1`;
}

function cursorOf(answer = ''): string {
  return /"cursor":"([^"]+)"/.exec(answer)?.[1] ?? '';
}

const HOST = 'Host: localhost';

async function say(text: string): Promise<void> {
  await server.command(token, 'message.send', { channel: 'room:lobby', key: text, text });
}

test('one connection carries sync after sync, then anything else, then sync again', async () => {
  const raw = new Raw();
  raw.say(get(), HOST);
  const [first] = await raw.answers(1);
  expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(first).toMatch(/\r\nDate: \w{3}, /);
  expect(first).toContain('Connection: keep-alive');
  raw.say(get({ cursor: cursorOf(first) }), HOST);
  await raw.answers(2);
  raw.say('GET /healthz HTTP/1.1', HOST);
  expect((await raw.answers(3))[2]).toContain('{"status":"ok"}');
  raw.say(get(), HOST);
  expect(cursorOf((await raw.answers(4))[3])).toBe(cursorOf(first));
  raw.say('POST /api/guest HTTP/1.1', HOST, 'Content-Length: 14');
  raw.socket.write('{"name":"bob"}');
  expect((await raw.answers(5))[4]).toContain('"user":"bob"');
});

test('a request that comes in pieces, or with others behind it, is answered all the same', async () => {
  const pieces = new Raw();
  const text = `${get()}\r\n${HOST}\r\n\r\n`;
  for (const byte of text) {
    pieces.socket.write(byte);
    await settle(1);
  }
  expect((await pieces.answers(1))[0]).toContain('"snapshot"');
  const many = new Raw();
  many.socket.write(`${text}${text}GET /healthz HTTP/1.1\r\n${HOST}\r\n\r\n${text}`);
  const answers = await many.answers(4);
  expect(answers.map((answer) => answer.includes('"snapshot"'))).toEqual([true, true, false, true]);
});

test('what is sent ahead while a request is held waits for its answer', async () => {
  const raw = new Raw();
  raw.say(get(), HOST);
  const cursor = cursorOf((await raw.answers(1))[0]);
  raw.say(get({ cursor, wait: '25', session: 's' }), HOST);
  await settle(20);
  raw.say('GET /healthz HTTP/1.1', HOST);
  await settle(20);
  expect(await raw.answers(1)).toHaveLength(1);
  await say('one');
  const answers = await raw.answers(3);
  expect(answers[1]).toContain('"text":"one"');
  expect(answers[2]).toContain('{"status":"ok"}');
});

test('a caller who sends without end while held is cut', async () => {
  const raw = new Raw();
  raw.say(get(), HOST);
  const cursor = cursorOf((await raw.answers(1))[0]);
  raw.say(get({ cursor, wait: '25' }), HOST);
  await settle(20);
  raw.socket.write('x'.repeat(1_000_000));
  await until(() => raw.closed);
});

test('close means close, and an event stream ends with its connection', async () => {
  const raw = new Raw();
  raw.say(get(), HOST, 'Connection: close');
  await until(() => raw.closed);
  expect(raw.text).toContain('Connection: close');
  const stream = new Raw();
  stream.say(get({ session: 's' }), HOST, 'Accept: text/event-stream');
  await until(() => stream.text.includes('event: snapshot'));
  await say('one');
  await until(() => stream.text.includes('"text":"one"'));
  await server.server.close();
  await until(() => stream.closed);
});

test('errors have their status and stay on the connection', async () => {
  const raw = new Raw();
  raw.say('GET /api/sync HTTP/1.1', HOST);
  raw.say(get({ cursor: 'x' }), HOST, 'Origin: http://localhost:1');
  const [first, second] = await raw.answers(2);
  expect(first).toMatch(/^HTTP\/1\.1 401 Unauthorized[\s\S]*"code":"unauthorized"/);
  expect(second).toMatch(/^HTTP\/1\.1 400 Bad Request[\s\S]*"code":"invalid_cursor"/);
  expect(second).toContain('Access-Control-Allow-Origin: http://localhost:1');
  const foreign = new Raw();
  foreign.say(get(), 'Host: evil.example');
  expect((await foreign.answers(1))[0]).toMatch(/^HTTP\/1\.1 403/);
});

test('connections without a request do not keep the server from closing', async () => {
  await server.close();
  server = await startServer({ timing: { closeTimeout: 60 } });
  const idle = [new Raw(), new Raw()];
  idle[0]!.say(get(), HOST);
  await idle[0]!.answers(1);
  const began = performance.now();
  await server.server.close();
  expect(performance.now() - began).toBeLessThan(30_000);
  await until(() => idle.every(({ closed }) => closed));
});

test('a caller who closes its half of the connection has left', async () => {
  const raw = new Raw();
  raw.say(get(), HOST);
  const cursor = cursorOf((await raw.answers(1))[0]);
  raw.say(get({ cursor, wait: '25' }), HOST);
  const held = async (): Promise<string | undefined> =>
    /fullduplex_held_requests (\d+)/.exec((await server.get('/metrics')).text)?.[1];
  await until(async () => (await held()) === '1');
  raw.socket.end();
  await until(async () => (await held()) === '0');
});
