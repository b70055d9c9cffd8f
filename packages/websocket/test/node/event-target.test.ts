import { expect, test } from 'vitest';
import { CloseEvent, ErrorEvent, MessageEvent, WebSocket, type WebSocketEvent } from '../../src/index.js';
import { echo, open, serve, until } from './harness.js';

const idle = (): WebSocket => new WebSocket(null);

test('events are as in browsers', async () => {
  const { url } = await serve({}, echo);
  const socket = await open(url);
  const events: WebSocketEvent[] = [];
  for (const type of ['message', 'close', 'error'] as const)
    socket.addEventListener(type, (event) => events.push(event));
  socket.send('text');
  socket.send(Buffer.of(1));
  await until(() => events.length === 2);
  const error = new Error('forced');
  socket.emit('error', error);
  socket.close(4000, 'why');
  await until(() => events.length === 4);
  expect(events[0]).toBeInstanceOf(MessageEvent);
  expect(events.slice(0, 2)).toMatchObject([{ type: 'message', data: 'text' }, { data: Buffer.of(1) }]);
  expect(events[2]).toBeInstanceOf(ErrorEvent);
  expect(events[2]).toMatchObject({ error, message: 'forced' });
  expect(events[3]).toBeInstanceOf(CloseEvent);
  expect(events[3]).toMatchObject({ code: 4000, reason: 'why', wasClean: true });
  expect(events[3]!.target).toBe(socket);
});

test('a listener is added once, and removed by what it was added with', () => {
  const socket = idle();
  const listener = (): void => {};
  socket.addEventListener('open', listener);
  socket.addEventListener('open', listener);
  socket.on('open', listener);
  expect(socket.listenerCount('open')).toBe(2);
  const never = (): void => {};
  socket.removeEventListener('open', never);
  expect(socket.listenerCount('open')).toBe(2);
  socket.removeEventListener('open', listener);
  expect(socket.listeners('open')).toEqual([listener]);
  socket.addEventListener('other' as 'open', listener);
  expect(socket.listenerCount('other' as 'open')).toBe(0);
});

test('objects listen, too, and once is once', () => {
  const socket = idle();
  const told: unknown[] = [];
  const listener = {
    handleEvent(event: WebSocketEvent) {
      told.push(this === listener, event.type);
    },
  };
  socket.addEventListener('open', listener, { once: true });
  socket.emit('open');
  socket.emit('open');
  expect(told).toEqual([true, 'open']);
});

test('the handlers are enumerable properties of the class itself', () => {
  for (const name of ['onopen', 'onmessage', 'onclose', 'onerror']) {
    const property = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
    expect(property).toMatchObject({ enumerable: true, configurable: true });
  }
});

test('a handler that is set replaces the one before, and no other listener', () => {
  const socket = idle();
  const listener = (): void => {};
  socket.on('message', listener);
  expect(socket.onmessage).toBeNull();
  for (const handler of [() => {}, () => {}]) {
    socket.onmessage = handler;
    expect(socket.onmessage).toBe(handler);
    expect(socket.listenerCount('message')).toBe(2);
  }
  socket.onmessage = 'none' as unknown as null;
  expect(socket.onmessage).toBeNull();
  expect(socket.listeners('message')).toEqual([listener]);
});
