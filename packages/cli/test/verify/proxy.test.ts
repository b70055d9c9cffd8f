import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '../../src/verify/proxy.js';
import { Random } from '../../src/verify/random.js';

let echo: Server;
let proxy: FaultProxy;
let port: number;
/** Pieces as the server got them. */
let pieces: Buffer[];
let connections: Socket[];

beforeEach(async () => {
  pieces = [];
  connections = [];
  echo = createServer({ noDelay: true }, (socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pieces.push(chunk);
      socket.write(chunk);
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const target = { host: '127.0.0.1', port: (echo.address() as AddressInfo).port };
  proxy = new FaultProxy([target], new Random('a'));
  port = Number(new URL(await proxy.listen()).port);
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

interface Caller {
  readonly socket: Socket;
  /** All that came back. */
  text(): string;
  readonly ended: Promise<unknown>;
}

async function call(): Promise<Caller> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const ended = new Promise((resolve) => socket.on('close', resolve));
  await once(socket, 'connect');
  return { socket, text: () => text, ended };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It did not become true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('FaultProxy', () => {
  it('hands everything on, both ways, and the end of it', async () => {
    const caller = await call();
    const sent = 'abc'.repeat(100_000);
    caller.socket.write(sent);
    await until(() => caller.text().length === sent.length);
    expect(caller.text()).toBe(sent);
    caller.socket.end();
    await caller.ended;
  });

  it('cuts the connection that is chosen, and leaves the others', async () => {
    const [first, second] = [await call(), await call()];
    first.socket.write('1');
    second.socket.write('2');
    await until(() => first.text() + second.text() === '12');
    proxy.cut(0.6);
    await second.ended;
    first.socket.write('3');
    await until(() => first.text() === '13');
    proxy.cutAll();
    await first.ended;
  });

  it.each([0, 1, 5])('cuts after %i more bytes', async (bytes) => {
    const caller = await call();
    caller.socket.write('ready');
    await until(() => caller.text() === 'ready');
    proxy.cutAtByte(0, 'down', bytes);
    if (bytes > 0) caller.socket.write('0123456789');
    await caller.ended;
    expect(caller.text()).toBe('ready0123456789'.slice(0, 5 + bytes));
  });

  it('holds one direction back until it is told to go on', async () => {
    const caller = await call();
    caller.socket.write('1');
    await until(() => caller.text() === '1');
    const resume = proxy.stall(0, 'down');
    caller.socket.write('2');
    await until(() => Buffer.concat(pieces).toString() === '12');
    expect(caller.text()).toBe('1');
    resume();
    await until(() => caller.text() === '12');
  });

  it('holds back everyone, those included who come later', async () => {
    const first = await call();
    const release = proxy.hold('up', 'down');
    const second = await call();
    first.socket.write('1');
    second.socket.write('2');
    const heard = await Promise.race([
      first.ended,
      second.ended,
      new Promise((resolve) => setImmediate(resolve)),
    ]);
    expect([heard, first.text(), second.text(), pieces]).toEqual([undefined, '', '', []]);
    release();
    await until(() => first.text() + second.text() === '12');
  });

  it('mutes those who listen, and nobody else', async () => {
    const [listener, other] = [await call(), await call()];
    listener.socket.write('LISTEN "x"');
    await until(() => listener.text() !== '');
    const resume = proxy.mute();
    listener.socket.write('!');
    other.socket.write('?');
    await until(() => other.text() === '?' && Buffer.concat(pieces).includes('!'));
    expect(listener.text()).toBe('LISTEN "x"');
    resume();
    await until(() => listener.text() === 'LISTEN "x"!');
  });

  it('leaves a server alone with a connection whose client is gone', async () => {
    const caller = await call();
    caller.socket.write('1');
    await until(() => caller.text() === '1');
    let closed = false;
    connections[0]?.on('close', () => {
      closed = true;
    });
    const undo = proxy.abandon(0);
    await caller.ended;
    expect(closed).toBe(false);
    undo();
    await until(() => closed);
  });

  it('hands things on in small pieces, unharmed', async () => {
    const caller = await call();
    proxy.split(2);
    caller.socket.write('0123456789');
    await until(() => caller.text() === '0123456789');
    expect(pieces.length).toBeGreaterThan(1);
    proxy.split(0);
  });

  it('does nothing where there is no connection', () => {
    proxy.cut(0.5);
    proxy.cutAtByte(0.5, 'up', 3);
    proxy.stall(0.5, 'up')();
  });
});
