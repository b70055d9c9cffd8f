import { expect, onTestFinished, test } from 'vitest';
import { CHANNELS, type WebSocket } from '../../src/index.js';
import { echo, next, nextMessage, open, serve, until } from './harness.js';

test('handshakes, messages, compression and closes can be watched', async () => {
  const told: string[] = [];
  for (const [name, channel] of Object.entries(CHANNELS)) {
    const listener = (report: unknown): void => {
      const { socket: _socket, ...rest } = report as Record<string, unknown>;
      told.push(`${name} ${JSON.stringify(rest)}`);
    };
    channel.subscribe(listener);
    onTestFinished(() => {
      channel.unsubscribe(listener);
    });
  }
  const { url } = await serve({ perMessageDeflate: true }, echo);
  const socket = await open(url);
  const answer = nextMessage(socket);
  socket.send('abc '.repeat(100));
  await answer;
  const closed = next(socket, 'close');
  socket.close(4000);
  await closed;
  await until(() => told.filter((line) => line.startsWith('close')).length === 2);
  expect(told).toContain('handshake {"role":"server","status":101,"protocol":"","compressed":true}');
  expect(told).toContain('handshake {"role":"client","status":101,"protocol":"","compressed":true}');
  expect(
    told.filter((line) => line === 'message {"direction":"in","size":400,"isBinary":false}'),
  ).toHaveLength(2);
  expect(told.filter((line) => line.startsWith('deflate {"direction":"out","size":400'))).toHaveLength(2);
  expect(told.filter((line) => line === 'close {"code":4000,"clean":true}')).toHaveLength(2);
});

test('a queue is told when it begins and when it is over', async () => {
  const { url, server } = await serve();
  const connected = next<[WebSocket]>(server, 'connection');
  const client = await open(url);
  const [socket] = await connected;
  const told: number[] = [];
  const listener = (report: unknown): void => {
    const { bytes, socket: whose } = report as { bytes: number; socket: unknown };
    if (whose === socket) told.push(bytes);
  };
  CHANNELS.queue.subscribe(listener);
  onTestFinished(() => {
    CHANNELS.queue.unsubscribe(listener);
  });
  client._socket!.pause();
  while (socket.bufferedAmount === 0) socket.send(Buffer.alloc(100_000));
  expect(told[0]).toBeGreaterThan(0);
  client.on('message', () => {});
  client._socket!.resume();
  await until(() => told.at(-1) === 0);
});
