/**
 * What the table of runtimes in `docs/websocket.md` rests on: an echo of messages of every kind, compressed, by whatever
 * runs this. `node smoke.mjs`, `bun smoke.mjs`; the packages must be built.
 */
import assert from 'node:assert';
import { once } from 'node:events';
import { BroadcastGroup, WebSocket, WebSocketServer } from '../../dist/index.mjs';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
await once(server, 'listening');
const group = new BroadcastGroup();
server.on('connection', (socket) => {
  group.add(socket);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
await once(client, 'open');
const answer = async () => {
  const [data, isBinary] = await once(client, 'message');
  return isBinary ? data : data.toString();
};
for (const size of [1, 1000, 70_000, 2_000_000]) {
  const message = Buffer.alloc(size, 'abc');
  client.send(message);
  assert(message.equals(await answer()));
}
for (let count = 0; count < 50; count++) {
  client.send(`text ${count}`);
  assert.equal(await answer(), `text ${count}`);
}
client.send(new Blob(['blob']));
assert.equal(String(await answer()), 'blob');
await client.sendStream(['in ', 'pieces'], { binary: false });
assert.equal(await answer(), 'in pieces');
group.send('to all');
assert.equal(await answer(), 'to all');
client.close(4000, 'bye');
const [code, reason] = await once(client, 'close');
assert.deepEqual([code, String(reason)], [4000, 'bye']);
server.close();
console.log(`fine on ${process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.version}`}`);
