/**
 * What programs written for `ws` expect of its `WebSocket`, case by case as its own public tests have them, in our words.
 * Where we differ on purpose the case says so; the reasons stand in the table of `docs/websocket.md`.
 */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CloseEvent, type ErrorEvent, MessageEvent, WebSocket, WebSocketEvent } from '../../src/index.js';
import { bare, behindHead, echo, next, nextMessage, open, pair, serve, until } from '../node/harness.js';
import { frame } from '../support.js';

const KEY = 0x01020304;

/** An HTTP server that answers in its own way, and its port. */
async function answering(
  answer: (request: http.IncomingMessage, socket: net.Socket) => void,
  plain?: http.RequestListener,
): Promise<number> {
  const server = http.createServer(plain ?? ((_, response) => response.end()));
  server.on('upgrade', answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const address = (port: number, path = ''): string => `ws://127.0.0.1:${port}${path}`;

/** The error and the close of a client that does not come to be. */
async function failure(socket: WebSocket): Promise<[Error & { code?: string }, number]> {
  const closed = next<[number]>(socket, 'close');
  const [error] = await next<[Error]>(socket, 'error');
  return [error, (await closed)[0]];
}

describe('the constructor', () => {
  test.each(['', 'foo', 'bad-scheme://127.0.0.1', 'ws://127.0.0.1#hash', 'ws+unix:'])(
    'refuses %j, which is no address',
    (url) => {
      expect(() => new WebSocket(url)).toThrow(SyntaxError);
    },
  );

  test('refuses subprotocols that are none, or there twice', () => {
    for (const protocols of [[null], [''], ['foo,bar'], ['a', 'a']])
      expect(() => new WebSocket('ws://127.0.0.1', protocols as string[])).toThrow(
        'An invalid or duplicated subprotocol was specified',
      );
  });

  test('refuses a protocol version that nobody speaks', () => {
    expect(() => new WebSocket('ws://127.0.0.1', { protocolVersion: 1000 })).toThrow(
      'Unsupported protocol version: 1000 (supported versions: 8, 13)',
    );
  });

  test('takes URL objects, and http addresses for ws ones', async () => {
    const { port } = await serve();
    const byObject = await open(String(new URL(address(port))));
    const byScheme = await open(`http://127.0.0.1:${port}/x`);
    expect([byObject.url, byScheme.url]).toEqual([address(port, '/'), address(port, '/x')]);
  });

  test('takes options in the place of subprotocols, and beside null or an empty list', async () => {
    const { port, server } = await serve();
    const seen: (string | undefined)[] = [];
    server.on('connection', (_, request) => seen.push(request.headers['x-test'] as string));
    const headers = { 'X-Test': 'there' };
    await open(address(port), { headers });
    for (const protocols of [undefined, []]) {
      const socket = new WebSocket(address(port), protocols, { headers });
      onTestFinished(() => socket.terminate());
      await next(socket, 'open');
    }
    expect(seen).toEqual(['there', 'there', 'there']);
  });

  test('does not change the options it is given', async () => {
    const { url } = await serve();
    const options = Object.freeze({ headers: Object.freeze({ a: 'b' }), perMessageDeflate: false });
    await open(url, options);
  });
});

describe('its properties', () => {
  test('are enumerable on the class as in browsers', () => {
    const names: string[] = [];
    for (const name in new WebSocket(null)) names.push(name);
    for (const name of [
      'readyState',
      'bufferedAmount',
      'extensions',
      'binaryType',
      'protocol',
      'url',
      'onopen',
    ])
      expect(names).toContain(name);
  });

  test('binaryType is nodebuffer, can be another one, and ignores what is none', () => {
    const socket = new WebSocket(null);
    expect(socket.binaryType).toBe('nodebuffer');
    for (const type of ['arraybuffer', 'fragments', 'blob', 'nodebuffer'] as const) {
      socket.binaryType = type;
      expect(socket.binaryType).toBe(type);
    }
    socket.binaryType = 'foo' as 'blob';
    expect(socket.binaryType).toBe('nodebuffer');
  });

  test('bufferedAmount is 0 at first, and counts what the peer does not take', async () => {
    const { ours, theirs } = await pair();
    expect([new WebSocket(null).bufferedAmount, ours.bufferedAmount]).toEqual([0, 0]);
    ours._socket!.pause();
    while (theirs.bufferedAmount === 0) theirs.send(Buffer.alloc(1_000_000));
    expect(theirs.bufferedAmount).toBeGreaterThan(0);
    ours._socket!.resume();
    await next(theirs, 'drain');
    expect(theirs.bufferedAmount).toBe(0);
  });

  test('bufferedAmount counts what was sent too late', async () => {
    const { ours } = await pair();
    ours.close();
    ours.send('hi');
    ours.ping('hi');
    expect(ours.bufferedAmount).toBeGreaterThanOrEqual(4);
  });

  test('extensions is empty without, and names permessage-deflate with it', async () => {
    expect((await pair()).ours.extensions).toBe('');
    expect((await pair({ perMessageDeflate: true })).ours.extensions).toBe('permessage-deflate');
  });

  test('isPaused tells whether it is paused, which it is not while connecting nor when closed', async () => {
    const { ours } = await pair();
    expect([new WebSocket(null).isPaused, ours.isPaused]).toEqual([false, false]);
    ours.pause();
    expect(ours.isPaused).toBe(true);
    ours.resume();
    expect(ours.isPaused).toBe(false);
  });

  test('readyState goes from 0 to 3', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url);
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    await next(socket, 'open');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close(1000);
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    await next(socket, 'close');
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  test('the states are constants of the class and of each socket', () => {
    const socket = new WebSocket(null);
    for (const [value, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
      expect([WebSocket[name as 'OPEN'], socket[name as 'OPEN']]).toEqual([value, value]);
      expect(Object.getOwnPropertyDescriptor(WebSocket, name)).toMatchObject({ writable: false });
    }
  });

  test('url is where it leads, without credentials changed', async () => {
    const socket = new WebSocket('ws://127.0.0.1:1/path?x#'.replace('#', ''));
    socket.on('error', () => {});
    expect(socket.url).toBe('ws://127.0.0.1:1/path?x');
    await next(socket, 'close');
  });
});

describe('its events', () => {
  test('an error of the system is given on, and close follows', async () => {
    const socket = new WebSocket('ws://127.0.0.1:1');
    expect(await failure(socket)).toMatchObject([{ code: 'ECONNREFUSED' }, 1006]);
  });

  test('a broken frame is an error, and close follows once', async () => {
    const { port, server } = await serve();
    const connected = next<[WebSocket]>(server, 'connection');
    const { socket } = await bare(port);
    const [ours] = await connected;
    const told: string[] = [];
    ours.on('error', (error) => told.push((error as { code?: string }).code ?? ''));
    ours.on('close', (code) => told.push(String(code)));
    socket.write(Buffer.of(0x85, 0x00));
    await until(() => told.length === 2);
    expect(told).toEqual(['WS_ERR_INVALID_OPCODE', '1006']);
  });

  test('a message may come with the answer to the handshake', async () => {
    const { url } = await serve({}, (socket) => socket.send('early'));
    const socket = new WebSocket(url);
    onTestFinished(() => socket.terminate());
    expect((await nextMessage(socket)).toString()).toBe('early');
  });

  test('upgrade comes before open, with the response', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url);
    onTestFinished(() => socket.terminate());
    const told: string[] = [];
    socket.on('upgrade', (response) => told.push(`upgrade ${response.statusCode}`));
    socket.on('open', () => told.push('open'));
    await next(socket, 'open');
    expect(told).toEqual(['upgrade 101', 'open']);
  });

  test('a ping is told, and answered by a pong with its data', async () => {
    const { ours, theirs } = await pair();
    const ping = next(theirs, 'ping');
    const pong = next(ours, 'pong');
    ours.ping('hi');
    expect([await ping, await pong]).toEqual([[Buffer.from('hi')], [Buffer.from('hi')]]);
  });

  test('a redirect is told where it is followed', async () => {
    const { url } = await serve();
    const port = await answering((_, socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\n\r\n`);
    });
    const socket = new WebSocket(address(port), { followRedirects: true });
    onTestFinished(() => socket.terminate());
    const [to, request] = await next<[string, http.ClientRequest]>(socket, 'redirect');
    expect([to, request.method]).toEqual([`${url}/`, 'GET']);
    await next(socket, 'open');
    expect([socket.url, socket._redirects]).toEqual([`${url}/`, 1]);
  });
});

describe('connecting', () => {
  const answers = [
    ['another Upgrade', ['Upgrade: foo', 'Connection: Upgrade'], 'Invalid Upgrade header'],
    [
      'another accept',
      ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: CxYS6+NgJSBG74mdgLvGscRvpns='],
      'Invalid Sec-WebSocket-Accept header',
    ],
  ] as const;
  test.each(answers)('fails for an answer with %s', async (_, lines, reason) => {
    const port = await answering((_request, socket) => {
      socket.end(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'));
    });
    const [error, code] = await failure(new WebSocket(address(port)));
    expect([error.message, code]).toEqual([reason, 1006]);
  });

  test('fails for another status, unless someone listens for the answer', async () => {
    const port = await answering((_, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
    const [error] = await failure(new WebSocket(address(port)));
    expect(error.message).toBe('Unexpected server response: 401');
    const socket = new WebSocket(address(port));
    socket.on('error', () => {});
    const [request, response] = await next<[http.ClientRequest, http.IncomingMessage]>(
      socket,
      'unexpected-response',
    );
    expect(response.statusCode).toBe(401);
    request.destroy();
    socket.terminate();
  });

  test('fails for a redirect that is not to be followed, or leads nowhere, or round and round', async () => {
    const port: number = await answering((request, socket) => {
      const to = request.url === '/bad' ? 'ws+foo:///x' : `ws://127.0.0.1:${port}/`;
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${to}\r\n\r\n`);
    });
    const [unfollowed] = await failure(new WebSocket(address(port)));
    expect(unfollowed.message).toBe('Unexpected server response: 302');
    const [bad] = await failure(new WebSocket(address(port, '/bad'), { followRedirects: true }));
    expect(bad).toBeInstanceOf(SyntaxError);
    const round = new WebSocket(address(port), { followRedirects: true, maxRedirects: 1 });
    expect((await failure(round))[0].message).toBe('Maximum redirects exceeded');
  });

  test('fails when the handshake takes too long', async () => {
    const port = await answering(() => {});
    const socket = new WebSocket(address(port), { handshakeTimeout: 50 });
    expect((await failure(socket))[0].message).toBe('Opening handshake has timed out');
  });

  test('fails when close or terminate is called before it is open, and does not throw', async () => {
    const { url } = await serve({ verifyClient: (_info, _callback) => {} });
    for (const end of ['close', 'terminate'] as const) {
      const socket = new WebSocket(url);
      const failed = failure(socket);
      socket[end]();
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      expect((await failed)[0].message).toBe('WebSocket was closed before the connection was established');
    }
  });

  test('may be given up from a listener of upgrade', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url);
    const failed = failure(socket);
    socket.on('upgrade', () => socket.terminate());
    expect((await failed)[1]).toBe(1006);
  });

  test('asks for subprotocols, and fails for an answer that is none to them', async () => {
    const { url } = await serve({ handleProtocols: () => 'c' });
    const [error] = await failure(new WebSocket(url, ['a', 'b']));
    expect(error.message).toBe('Server sent an invalid subprotocol');
    const { url: silent } = await serve({ handleProtocols: () => false });
    expect((await failure(new WebSocket(silent, 'a')))[0].message).toBe('Server sent no subprotocol');
  });

  test.each([
    ['foo', 'Server indicated an extension that was not requested'],
    ['permessage-deflate; server_max_window_bits=foo', 'Invalid Sec-WebSocket-Extensions header'],
    ['permessage-deflate; client_max_window_bits=7', 'Invalid Sec-WebSocket-Extensions header'],
  ])('fails for the extension %s', async (extension, reason) => {
    const { server, url } = await serve();
    server.on('headers', (headers) => headers.push(`Sec-WebSocket-Extensions: ${extension}`));
    expect((await failure(new WebSocket(url)))[0].message).toBe(reason);
  });

  test('does not care for headers nobody knows', async () => {
    const { server, url } = await serve();
    server.on('headers', (headers) => headers.push('x-foo: bar'));
    const socket = new WebSocket(url);
    onTestFinished(() => socket.terminate());
    const [response] = await next<[http.IncomingMessage]>(socket, 'upgrade');
    expect(response.headers['x-foo']).toBe('bar');
  });
});

describe('with query string, headers and credentials', () => {
  async function request(url: (port: number) => string, options = {}): Promise<http.IncomingMessage> {
    const { port, server } = await serve({ origins: '*' });
    const connected = next<[WebSocket, http.IncomingMessage]>(server, 'connection');
    await open(url(port), options);
    return (await connected)[1];
  }

  test('the query goes along', async () => {
    expect((await request((port) => address(port, '/?token=qwerty'))).url).toBe('/?token=qwerty');
    expect((await request((port) => `${address(port)}?token=qwerty`)).url).toBe('/?token=qwerty');
  });

  test.each([
    ['of the address', (port: number) => `ws://test:p%40ss@127.0.0.1:${port}`, {}],
    ['of the options', address, { auth: 'test:p@ss' }],
  ])('credentials %s become a header', async (_, url, options) => {
    const { headers } = await request((port) => url(port), options);
    expect(headers.authorization).toBe(`Basic ${Buffer.from('test:p@ss').toString('base64')}`);
  });

  test('a header of one’s own comes before them', async () => {
    const { headers } = await request((port) => `ws://a:b@127.0.0.1:${port}`, {
      headers: { authorization: 'mine' },
    });
    expect(headers.authorization).toBe('mine');
  });

  test('Host has no default port, Origin is what is given', async () => {
    const { headers } = await request(address, { origin: 'https://example.com:8000' });
    expect(headers.origin).toBe('https://example.com:8000');
    const old = await request(address, { origin: 'https://example.com:8000', protocolVersion: 8 });
    expect(old.headers['sec-websocket-origin']).toBe('https://example.com:8000');
    expect((await request(address)).headers.origin).toBeUndefined();
  });

  test('a request may be finished by the caller', async () => {
    const { headers } = await request(address, {
      finishRequest(outgoing: http.ClientRequest) {
        setImmediate(() => {
          outgoing.setHeader('x-late', 'yes');
          outgoing.end();
        });
      },
    });
    expect(headers['x-late']).toBe('yes');
  });
});

describe('pause and resume', () => {
  test('do nothing while connecting and once closed', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url);
    socket.pause();
    expect(socket.isPaused).toBe(false);
    await next(socket, 'open');
    socket.close();
    await next(socket, 'close');
    socket.pause();
    socket.resume();
    expect(socket.isPaused).toBe(false);
  });

  test('stop the stream below, and let it go on', async () => {
    const { ours } = await pair();
    ours.pause();
    expect(ours._socket!.isPaused()).toBe(true);
    ours.resume();
    expect(ours._socket!.isPaused()).toBe(false);
  });
});

describe.each(['ping', 'pong'] as const)('%s', (kind) => {
  test('throws while connecting', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url);
    onTestFinished(() => socket.terminate());
    expect(() => socket[kind]()).toThrow('WebSocket is not open: readyState 0 (CONNECTING)');
    await next(socket, 'open');
  });

  test('tells its callback when it is too late', async () => {
    const { ours } = await pair();
    ours.close();
    const told = new Promise<Error | null | undefined>((resolve) => ours[kind]('x', true, resolve));
    expect((await told)?.message).toBe('WebSocket is not open: readyState 2 (CLOSING)');
  });

  test('goes without data, with text, a number and bytes, and a callback in any place', async () => {
    const { ours, theirs } = await pair();
    const got: string[] = [];
    theirs.on(kind, (data) => got.push(data.toString()));
    ours[kind]();
    ours[kind](0);
    ours[kind]('text', true);
    ours[kind](Buffer.from('bytes'));
    const called: number[] = [];
    ours[kind](() => called.push(1));
    ours[kind]('a', () => called.push(2));
    ours[kind]('b', true, () => called.push(3));
    await until(() => got.length === 7 && called.length === 3);
    expect([got, called]).toEqual([
      ['', '0', 'text', 'bytes', '', 'a', 'b'],
      [1, 2, 3],
    ]);
  });
});

describe('send', () => {
  test('throws while connecting, and tells its callback when it is too late', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url);
    expect(() => socket.send('hi')).toThrow('WebSocket is not open: readyState 0 (CONNECTING)');
    await next(socket, 'open');
    socket.terminate();
    const told = new Promise<Error | null | undefined>((resolve) => socket.send('hi', resolve));
    expect((await told)?.message).toMatch(/^WebSocket is not open: readyState [23]/);
  });

  test.each<[string, unknown, string, boolean]>([
    ['text', 'hi', 'hi', false],
    ['a number', 0, '0', false],
    ['nothing', undefined, '', true],
    ['null', null, '', true],
    ['a buffer', Buffer.from('hi'), 'hi', true],
    ['an ArrayBuffer', new Uint8Array([104, 105]).buffer, 'hi', true],
    ['a view of one', new Uint8Array([0, 104, 105]).subarray(1), 'hi', true],
    ['a DataView', new DataView(new Uint8Array([104, 105]).buffer), 'hi', true],
    ['a Blob', new Blob(['hi']), 'hi', true],
  ])('takes %s', async (_, data, text, isBinary) => {
    const { ours, theirs } = await pair();
    const message = next(theirs, 'message');
    ours.send(data as string);
    expect(await message).toEqual([Buffer.from(text), isBinary]);
  });

  test('can send text as binary, and bytes as text', async () => {
    const { ours, theirs } = await pair();
    const kinds: boolean[] = [];
    theirs.on('message', (_, isBinary) => kinds.push(isBinary));
    ours.send('a', { binary: true });
    ours.send(Buffer.from('b'), { binary: false });
    await until(() => kinds.length === 2);
    expect(kinds).toEqual([true, false]);
  });

  test('a large message comes whole, and its callback is called', async () => {
    const { ours, theirs } = await pair();
    const data = Buffer.alloc(5 * 1024 * 1024, 'abc');
    const message = nextMessage(theirs);
    const told = new Promise((resolve) => ours.send(data, resolve));
    expect((await message).equals(data)).toBe(true);
    expect(await told).toBeFalsy();
  });

  test('can send fragments, masked whatever is said of it', async () => {
    const { ours, theirs } = await pair();
    const message = nextMessage(theirs);
    ours.send('frag', { fin: false, mask: false });
    ours.send('ment', { fin: true });
    expect((await message).toString()).toBe('fragment');
  });

  test('a number of messages in a turn keep their order', async () => {
    const { ours, theirs } = await pair();
    const got: string[] = [];
    theirs.on('message', (data) => got.push(data.toString()));
    for (let count = 0; count < 100; count++) ours.send(`${count}`);
    await until(() => got.length === 100);
    expect(got).toEqual(Array.from({ length: 100 }, (_, at) => `${at}`));
  });
});

describe('close', () => {
  test.each<[unknown, unknown, string]>([
    ['error', undefined, 'First argument must be a valid error code number'],
    [1004, undefined, 'First argument must be a valid error code number'],
    [1000, 'a'.repeat(124), 'The message must not be greater than 123 bytes'],
  ])('refuses %s', async (code, reason, message) => {
    const { ours } = await pair();
    expect(() => ours.close(code as number, reason as string)).toThrow(message);
  });

  test.each<[[number?, (string | Buffer)?], number, string]>([
    [[], 1005, ''],
    [[1000], 1000, ''],
    [[1001, 'gone'], 1001, 'gone'],
    [[1013, Buffer.from('later')], 1013, 'later'],
    [[4999, '€'], 4999, '€'],
  ])('of %j is told to both', async (given, code, reason) => {
    const { ours, theirs } = await pair();
    const ends = [next(ours, 'close'), next(theirs, 'close')];
    ours.close(...given);
    for (const end of ends) expect(await end).toEqual([code, Buffer.from(reason)]);
  });

  test('may be called twice, and again when it is closed', async () => {
    const { ours } = await pair();
    const closed = next(ours, 'close');
    ours.close(1000);
    ours.close(1001);
    expect((await closed)[0]).toBe(1000);
    ours.close();
    expect(ours.readyState).toBe(WebSocket.CLOSED);
  });

  test('messages of the peer still come until it has answered', async () => {
    const { ours, theirs } = await pair();
    const got: string[] = [];
    ours.on('message', (data) => got.push(data.toString()));
    for (const text of ['one', 'two']) theirs.send(text);
    ours.close();
    await next(ours, 'close');
    expect(got).toEqual(['one', 'two']);
  });

  test('a peer that does not answer is given up after closeTimeout', async () => {
    const { port, server } = await serve({ closeTimeout: 40 });
    const connected = next<[WebSocket]>(server, 'connection');
    const { socket } = await bare(port);
    const [ours] = await connected;
    ours.close(1000);
    expect((await next(ours, 'close'))[0]).toBe(1006);
    socket.destroy();
  });

  test('a server ends the TCP connection first, and a client waits for that', async () => {
    const { port } = await serve({}, (socket) => socket.close(1000));
    const { received, socket } = await bare(port);
    await until(() => behindHead(received()).length === 4);
    socket.write(frame(0x88, Buffer.from('03e8', 'hex'), KEY));
    await next(socket, 'end');
  });

  test('both may close at once', async () => {
    const { ours, theirs } = await pair();
    const ends = [next(ours, 'close'), next(theirs, 'close')];
    ours.close(1000);
    theirs.close(1000);
    for (const end of ends) expect((await end)[0]).toBe(1000);
  });

  test('a close in a listener of message or error is well', async () => {
    const { ours, theirs } = await pair();
    theirs.on('message', () => theirs.close(4000));
    const closed = next(ours, 'close');
    ours.send('x');
    ours.send('y');
    expect((await closed)[0]).toBe(4000);
  });
});

describe('terminate', () => {
  test('ends at once: 1006 on both sides', async () => {
    const { ours, theirs } = await pair();
    const ends = [next(ours, 'close'), next(theirs, 'close')];
    ours.terminate();
    expect(ours.readyState).toBe(WebSocket.CLOSING);
    for (const end of ends) expect((await end)[0]).toBe(1006);
    ours.terminate();
  });

  test('may follow a close that is not answered', async () => {
    const { port, server } = await serve();
    const connected = next<[WebSocket]>(server, 'connection');
    await bare(port);
    const [ours] = await connected;
    ours.close();
    ours.terminate();
    await next(ours, 'close');
  });
});

describe('the way browsers listen', () => {
  test('attributes can be set, read and unset; what is no function is null', () => {
    const socket = new WebSocket(null);
    const listener = (): void => {};
    for (const name of ['onopen', 'onmessage', 'onclose', 'onerror'] as const) {
      expect(socket[name]).toBe(null);
      socket[name] = listener;
      expect(socket[name]).toBe(listener);
      socket[name] = 'foo' as unknown as null;
      expect(socket[name]).toBe(null);
    }
  });

  test('attributes work like addEventListener, beside it, and leave plain listeners alone', () => {
    const socket = new WebSocket(null);
    const told: string[] = [];
    socket.addEventListener('open', () => told.push('listener'));
    socket.onopen = () => told.push('attribute');
    socket.on('open', () => told.push('plain'));
    socket.onopen = () => told.push('replaced');
    socket.emit('open');
    expect(told.sort()).toEqual(['listener', 'plain', 'replaced']);
    socket.removeListener('open', () => {});
    expect(socket.listenerCount('open')).toBe(3);
  });

  test('once is once, objects with handleEvent are listeners, and unknown types are ignored', () => {
    const socket = new WebSocket(null);
    const told: string[] = [];
    socket.addEventListener('open', () => told.push('once'), { once: true });
    socket.addEventListener('open', { handleEvent: (event) => void told.push(event.type) });
    socket.addEventListener('foo' as 'open', () => told.push('never'));
    socket.emit('open');
    socket.emit('open');
    expect(told).toEqual(['once', 'open', 'open']);
    expect(socket.listenerCount('foo' as 'open')).toBe(0);
  });

  test('listeners can be removed, the same one is added once, and a missing one is no matter', () => {
    const socket = new WebSocket(null);
    const listener = (): void => {};
    socket.addEventListener('message', listener);
    socket.addEventListener('message', listener);
    expect(socket.listenerCount('message')).toBe(1);
    const other = (): void => {};
    socket.removeEventListener('message', other);
    socket.removeEventListener('message', listener);
    expect(socket.listenerCount('message')).toBe(0);
  });

  test('events have what browsers give', async () => {
    const { url } = await serve({}, (socket) => {
      socket.send('hi');
      socket.close(1000, 'some reason');
    });
    const socket = new WebSocket(url);
    const events: WebSocketEvent[] = [];
    for (const type of ['open', 'message', 'close'] as const)
      socket.addEventListener(type, (event) => events.push(event));
    await next(socket, 'close');
    const [opened, message, closed] = events;
    expect(opened).toBeInstanceOf(WebSocketEvent);
    expect(message).toBeInstanceOf(MessageEvent);
    expect(closed).toBeInstanceOf(CloseEvent);
    expect(events.map(({ target, type }) => [target === socket, type])).toEqual([
      [true, 'open'],
      [true, 'message'],
      [true, 'close'],
    ]);
    expect([(message as MessageEvent).data, (closed as CloseEvent).reason]).toEqual(['hi', 'some reason']);
    expect((closed as CloseEvent).wasClean).toBe(true);
  });

  test('an error event has its error and its message', () => {
    const socket = new WebSocket(null);
    let told: ErrorEvent | undefined;
    socket.onerror = (event) => {
      told = event;
    };
    const error = new Error('forced');
    socket.emit('error', error);
    expect([told?.type, told?.error, told?.message]).toEqual(['error', error, 'forced']);
  });
});

describe('limits and failures of an open connection', () => {
  test('a message beyond maxPayload is 1009', async () => {
    const { ours, theirs } = await pair({}, { maxPayload: 20, perMessageDeflate: false });
    const failed = next<[{ code: string }]>(ours, 'error');
    const closed = next(theirs, 'close');
    theirs.send(Buffer.alloc(21));
    expect((await failed)[0].code).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    expect((await closed)[0]).toBe(1009);
  });

  test('the limit of a server holds for compressed messages, too', async () => {
    const { ours, theirs } = await pair({ perMessageDeflate: true, maxPayload: 100 });
    theirs.on('error', () => {});
    const closed = next(ours, 'close');
    ours.send('a'.repeat(2000));
    expect((await closed)[0]).toBe(1009);
  });

  test('text that is none is 1007, unless it is not to be looked at', async () => {
    const { ours, theirs } = await pair();
    theirs.on('error', () => {});
    const closed = next(ours, 'close');
    ours.send(Buffer.of(0xff), { binary: false });
    expect((await closed)[0]).toBe(1007);
    const unchecked = await pair({ skipUTF8Validation: true });
    const message = nextMessage(unchecked.theirs);
    unchecked.ours.send(Buffer.of(0xff), { binary: false });
    expect(await message).toEqual(Buffer.of(0xff));
  });

  test('without autoPong pings are told and not answered', async () => {
    const { ours, theirs } = await pair({ autoPong: false });
    ours.on('pong', () => {
      throw new Error('answered');
    });
    const ping = next(theirs, 'ping');
    ours.ping('x');
    await ping;
    echo(theirs);
    ours.send('after');
    expect((await nextMessage(ours)).toString()).toBe('after');
  });

  test('a connection whose stream breaks closes with 1006, and the error of the stream is nobody’s', async () => {
    const { ours } = await pair();
    const closed = next(ours, 'close');
    ours._socket!.destroy(new Error('broken'));
    expect((await closed)[0]).toBe(1006);
  });
});

describe('an agent, a connection of one’s own, and a signal', () => {
  test('an agent is asked for the connection', async () => {
    const { url } = await serve();
    let asked = 0;
    class Counting extends http.Agent {
      override createConnection(...given: Parameters<http.Agent['createConnection']>) {
        asked++;
        return super.createConnection(...given);
      }
    }
    await open(url, { agent: new Counting() });
    expect(asked).toBe(1);
  });

  test('createConnection gives it', async () => {
    const { port } = await serve();
    const socket = await open('ws://elsewhere.invalid', {
      createConnection: () => net.connect(port, '127.0.0.1'),
    });
    expect(socket.url).toBe('ws://elsewhere.invalid/');
  });

  test('a signal ends the attempt, and leaves an open connection alone', async () => {
    const { url } = await serve({ verifyClient: (_info, _callback) => {} });
    const abort = new AbortController();
    const socket = new WebSocket(url, { signal: abort.signal });
    const failed = failure(socket);
    abort.abort();
    expect((await failed)[0].code).toBe('WS_ERR_HANDSHAKE_ABORTED');
    const { url: other } = await serve();
    const later = new AbortController();
    const opened = await open(other, { signal: later.signal });
    later.abort();
    expect(opened.readyState).toBe(WebSocket.OPEN);
  });
});
