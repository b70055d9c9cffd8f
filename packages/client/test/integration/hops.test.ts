/** A client that cannot have a WebSocket at first, then can, then cannot again: nothing is lost on the way. */
import { WebSocket } from '@fullduplex/websocket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client, TransportName } from '../../src/types.js';
import { RealServer, record, until } from './real-server.js';

const LOBBY = 'room:lobby';

let server: RealServer;
let blocked: boolean;
let sockets: WebSocket[];

/** Ends at once while WebSockets are blocked, as behind a proxy that does not know them. */
class BlockableWebSocket extends WebSocket {
  constructor(url: string) {
    super(blocked ? 'ws://127.0.0.1:1/' : url);
    sockets.push(this);
  }
}

beforeEach(async () => {
  server = await RealServer.start();
  sockets = [];
  blocked = true;
});

afterEach(async () => {
  await server.close();
});

function isOn(client: Client, transport: TransportName): Promise<void> {
  return until(() => client.state.status === 'connected' && client.state.transport === transport);
}

describe('a client between transports', () => {
  it('hops up when it can, back down when it must, and tells everything once', async () => {
    const alice = await server.connect('alice', {
      WebSocket: BlockableWebSocket,
      timing: { backoffBase: 10, backoffCap: 50, upgradeAfter: 50 },
    });
    const bob = await server.connect('bob');
    const heard = record(alice);
    await isOn(alice, 'sse');
    let number = 0;
    let writing = true;
    const sent: string[] = [];
    const writer = (async () => {
      while (writing) {
        const text = `m${(number += 1)}`;
        sent.push(text);
        await bob.send(LOBBY, text).done;
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      blocked = false;
      await isOn(alice, 'websocket');
      await alice.send(LOBBY, `up ${round}`).done;
      blocked = true;
      for (const socket of sockets) socket.terminate();
      await isOn(alice, 'sse');
      await alice.send(LOBBY, `down ${round}`).done;
    }
    writing = false;
    await writer;
    await until(() => heard.texts(LOBBY).length === sent.length + 6);
    const texts = heard.texts(LOBBY);
    expect(texts.filter((text) => text.startsWith('m'))).toEqual(sent);
    expect(texts.filter((text) => !text.startsWith('m'))).toEqual([
      'up 0',
      'down 0',
      'up 1',
      'down 1',
      'up 2',
      'down 2',
    ]);
    expect(alice.state.behind).toBe(0);
  });

  it('recovers though nothing was told before the cut, and as often as it is cut', async () => {
    blocked = false;
    const alice = await server.connect('alice', {
      WebSocket: BlockableWebSocket,
      transports: ['websocket'],
      timing: { backoffBase: 10, backoffCap: 50 },
    });
    const bob = await server.connect('bob');
    const heard = record(alice);
    await isOn(alice, 'websocket');
    for (let round = 1; round <= 3; round += 1) {
      blocked = true;
      for (const socket of sockets) socket.terminate();
      await until(() => alice.state.status !== 'connected');
      await bob.send(LOBBY, `missed ${round}`).done;
      blocked = false;
      await until(() => heard.texts(LOBBY).length === round);
    }
    expect(heard.texts(LOBBY)).toEqual(['missed 1', 'missed 2', 'missed 3']);
  });

  it('shows a message once that it sent again because the answer was lost', async () => {
    blocked = false;
    const alice = await server.connect('alice', { WebSocket: BlockableWebSocket });
    const heard = record(alice);
    await isOn(alice, 'websocket');
    const messages = Array.from({ length: 20 }, (_, index) => {
      const message = alice.send(LOBBY, `m${index}`);
      // The message goes out, and the connection is gone before the answer is here.
      if (index % 5 === 0) queueMicrotask(() => sockets.at(-1)?.terminate());
      return message.done;
    });
    const done = await Promise.all(messages);
    expect(done.map(({ status }) => status)).toEqual(Array(20).fill('sent'));
    await until(() => heard.texts(LOBBY).length >= 20);
    expect(heard.texts(LOBBY)).toEqual(Array.from({ length: 20 }, (_, index) => `m${index}`));
    expect(alice.pendingMessages).toEqual([]);
    const { publications } = await alice.history(LOBBY, { limit: 100 });
    const keys = publications.map(({ info }) => info.key).filter((key) => key !== undefined);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
