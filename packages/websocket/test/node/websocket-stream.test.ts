import { expect, test } from 'vitest';
import { WebSocketStream } from '../../src/index.js';
import { echo, next, pair, serve, until } from './harness.js';

test('messages go and come, and the closing handshake is told', async () => {
  const { url } = await serve({}, echo);
  const stream = new WebSocketStream(url, { protocols: ['a'] });
  const { protocol, readable, writable } = await stream.opened;
  expect([protocol, stream.url]).toEqual(['a', `${url}/`]);
  const writer = writable.getWriter();
  const reader = readable.getReader();
  await writer.write('text');
  await writer.write(Uint8Array.of(1));
  expect((await reader.read()).value).toBe('text');
  expect((await reader.read()).value).toEqual(Buffer.of(1));
  stream.close({ reason: 'done' });
  expect(await stream.closed).toEqual({ closeCode: 1000, reason: 'done' });
  expect((await reader.read()).done).toBe(true);
});

test('what nobody reads stops the connection', async () => {
  const { ours, theirs } = await pair();
  const { readable } = await new WebSocketStream(ours).opened;
  for (let count = 0; count < 500; count++) theirs.send(Buffer.alloc(10_000, count));
  await until(() => ours._socket!.isPaused());
  let got = 0;
  for await (const message of readable) {
    expect((message as Uint8Array)[0]).toBe(got & 0xff);
    if (++got === 500) break;
  }
});

test('closing the writable closes the connection', async () => {
  const { ours, theirs } = await pair();
  const { writable } = await new WebSocketStream(ours).opened;
  const closed = next(theirs, 'close');
  await writable.close();
  expect((await closed)[0]).toBe(1005);
});

test('a handshake that fails rejects both, and a connection that is cut rejects closed', async () => {
  const { port } = await serve({ path: '/other' });
  const refused = new WebSocketStream(`ws://127.0.0.1:${port}/`);
  await expect(refused.opened).rejects.toMatchObject({ code: 'WS_ERR_HANDSHAKE_REFUSED' });
  await expect(refused.closed).rejects.toMatchObject({ code: 'WS_ERR_HANDSHAKE_REFUSED' });
  const { ours, theirs } = await pair();
  const cut = new WebSocketStream(ours);
  theirs.terminate();
  await expect(cut.closed).rejects.toThrow('without a closing handshake');
});

test('a connection that breaks is no end of its streams, but an error', async () => {
  const { ours, theirs } = await pair();
  const { readable, writable } = await new WebSocketStream(ours).opened;
  const reader = readable.getReader();
  theirs.send('last');
  expect((await reader.read()).value).toBe('last');
  const reading = reader.read();
  theirs.terminate();
  await expect(reading).rejects.toMatchObject({ code: 'WS_ERR_ABNORMAL_CLOSURE' });
  const writer = writable.getWriter();
  await expect(writer.closed).rejects.toMatchObject({ code: 'WS_ERR_ABNORMAL_CLOSURE' });
});

test('whoever gives a stream up may say with which code', async () => {
  for (const give of ['cancel', 'abort'] as const) {
    const { ours, theirs } = await pair();
    const { readable, writable } = await new WebSocketStream(ours).opened;
    const closed = next(theirs, 'close');
    const why = Object.assign(new Error('enough'), { closeCode: 4005, reason: 'enough' });
    await (give === 'cancel' ? readable.cancel(why) : writable.abort(why));
    expect(await closed).toEqual([4005, Buffer.from('enough')]);
  }
  const { ours, theirs } = await pair();
  const closed = next(theirs, 'close');
  await (await new WebSocketStream(ours).opened).readable.cancel(new Error('without a code'));
  expect((await closed)[0]).toBe(1005);
});
