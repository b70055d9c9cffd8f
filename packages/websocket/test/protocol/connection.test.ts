import { expect, test } from 'vitest';
import { Connection, STATE } from '../../src/protocol/connection.js';
import { WebSocketError } from '../../src/protocol/errors.js';
import { FrameBuffer } from '../../src/protocol/frame-output.js';
import type { Role } from '../../src/protocol/message-receiver.js';
import { bytes, frame, hex, Record } from '../support.js';

const KEY = 0x3d21fa37;

/** One end, which writes down what it is told. */
class End extends Record {
  readonly output: FrameBuffer;
  readonly connection: Connection;

  constructor(role: Role, answerPings = true) {
    super();
    this.output = new FrameBuffer(role === 'client' ? () => KEY : undefined);
    this.connection = new Connection({ role, maxPayload: 0, answerPings }, this, this.output);
  }

  onEnd(code: number, reason: Uint8Array): void {
    this.lines.push(`end ${code} ${Buffer.from(reason).toString()}`);
  }

  /** What it has to say, as hex. */
  get says(): string {
    return this.output.dataToSend().map(hex).join('');
  }
}

/** Two ends, and what carries bytes from one to the other until both are silent. */
function conversation(): { client: End; server: End; carry: () => void } {
  const client = new End('client');
  const server = new End('server');
  const carry = (): void => {
    for (let more = true; more; ) {
      more = false;
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        for (const piece of from.output.dataToSend()) {
          more = true;
          for (const octet of piece) to.connection.receiveData(Uint8Array.of(octet));
        }
      }
    }
  };
  return { client, server, carry };
}

test('a whole conversation, from the first message to the last close frame', () => {
  const { carry, client, server } = conversation();
  client.connection.sendText('hello');
  server.connection.sendBinary(Uint8Array.of(1, 2));
  client.connection.sendText('a\ud83d', false);
  client.connection.sendPing(Uint8Array.of(7));
  client.connection.sendContinuation('\ude00', false);
  client.connection.sendContinuation('!', true);
  carry();
  expect(server.lines).toEqual(['text hello', 'ping 07', 'text a😀!']);
  expect(client.lines).toEqual(['binary 0102', 'pong 07']);

  client.connection.sendClose(4000, 'bye');
  expect([client.connection.state, client.connection.closeExpected]).toEqual([STATE.closing, false]);
  carry();
  expect(server.lines.at(-1)).toBe('close 4000 bye');
  expect(client.lines.at(-1)).toBe('close 4000 bye');
  expect([client.connection.closeExpected, server.connection.closeExpected]).toEqual([true, true]);
  for (const end of [client, server]) {
    end.connection.receiveEof();
    end.connection.receiveEof();
    expect(end.lines.at(-1)).toBe('end 4000 bye');
    expect(end.lines.filter((line) => line.startsWith('end'))).toHaveLength(1);
    expect(end.connection.state).toBe(STATE.closed);
  }
});

test('both may begin to close at once', () => {
  const { carry, client, server } = conversation();
  client.connection.sendClose(1000);
  server.connection.sendClose(1001);
  carry();
  expect([client.lines, server.lines]).toEqual([['close 1001 '], ['close 1000 ']]);
  expect(client.connection.closeExpected && server.connection.closeExpected).toBe(true);
});

test('an end without a close frame is 1006', () => {
  const { server } = conversation();
  server.connection.receiveEof();
  expect(server.lines).toEqual(['end 1006 ']);
});

test('what a peer must not send fails the connection, and it is told the code', () => {
  const server = new End('server');
  server.connection.receiveData(frame(0x83, '', KEY));
  expect(server.lines).toEqual(['error WS_ERR_INVALID_OPCODE 1002']);
  expect(server.says).toBe('880203ea');
  expect(server.connection.closeExpected).toBe(true);
  server.connection.receiveData(frame(0x81, 'late', KEY));
  expect(server.lines).toHaveLength(1);
});

test('an adapter may fail the connection for reasons of its own, once', () => {
  const server = new End('server');
  server.connection.fail(new WebSocketError('WS_ERR_BACKPRESSURE', 'too slow'));
  server.connection.fail(new WebSocketError('WS_ERR_BACKPRESSURE', 'too slow'));
  expect(server.says).toBe('880203f0');
  expect(server.lines).toEqual(['error WS_ERR_BACKPRESSURE 1008']);
});

test('fragments must follow one another, and nothing that is wrong is sent', () => {
  const { client, server } = conversation();
  const { connection } = server;
  const code = (misuse: () => void): unknown => {
    try {
      misuse();
    } catch (error) {
      return (error as WebSocketError).code;
    }
    return undefined;
  };
  expect(code(() => connection.sendContinuation('x', true))).toBe('WS_ERR_FRAGMENT_ORDER');
  connection.sendText('a', false);
  expect(connection.withinMessage).toBe(true);
  expect(code(() => connection.sendText('b'))).toBe('WS_ERR_FRAGMENT_ORDER');
  expect(code(() => connection.sendBinary(bytes('00'), false))).toBe('WS_ERR_FRAGMENT_ORDER');
  expect(code(() => connection.messageHead(true))).toBe('WS_ERR_FRAGMENT_ORDER');
  connection.sendContinuation('c', true);
  expect(code(() => connection.continuationHead(true))).toBe('WS_ERR_FRAGMENT_ORDER');
  expect(server.says).toBe('010161' + '800163');
  client.connection.sendClose();
  for (const misuse of [
    () => client.connection.sendText('x'),
    () => client.connection.sendPing(bytes('')),
    () => client.connection.sendContinuation('x', true),
  ])
    expect(code(misuse)).toBe('WS_ERR_NOT_OPEN');
});

test('a message whose payload comes later takes its place now', () => {
  const { connection } = new End('server');
  expect(connection.messageHead(true)).toBe(0x82);
  expect(connection.messageHead(false, false)).toBe(0x01);
  expect(connection.continuationHead(false)).toBe(0x00);
  expect(connection.continuationHead(true)).toBe(0x80);
});

test('a close is checked before it is sent', () => {
  const { connection } = new End('server');
  expect(() => connection.sendClose(1005)).toThrow(TypeError);
  expect(() => connection.sendClose(1000, 'x'.repeat(124))).toThrow(RangeError);
  expect(() => connection.sendClose(1000, new Float64Array(3) as unknown as Uint8Array)).toThrow(TypeError);
  expect(() => connection.sendPing(new Uint8Array(126))).toThrow(RangeError);
  expect(connection.state).toBe(STATE.open);
});

test('an adapter may answer pings itself; on its way out nothing is sent any more', () => {
  const server = new End('server', false);
  server.connection.receiveData(frame(0x89, '', KEY));
  expect([server.says, server.lines]).toEqual(['', ['ping ']]);
  server.connection.abandon();
  server.connection.receiveData(frame(0x81, 'still', KEY));
  expect(server.lines.at(-1)).toBe('text still');
  expect(() => server.connection.sendText('x')).toThrow(WebSocketError);
});
