import { expect, test } from 'vitest';
import { WebSocketError } from '../../src/protocol/errors.js';
import { type Inflater, MessageReceiver } from '../../src/protocol/message-receiver.js';
import { bytes, frame, hex, Record, replay } from '../support.js';

const KEY = 0x3d21fa37;
const masked = (first: number, payload: string | Uint8Array): string => hex(frame(first, payload, KEY));

test.each<[string, string, string[]]>([
  ['a text', masked(0x81, 'Hello'), ['text Hello']],
  ['an empty text', masked(0x81, ''), ['text ']],
  ['a binary message', masked(0x82, bytes('00ff')), ['binary 00ff']],
  ['fragments', masked(0x01, 'Hel') + masked(0x80, 'lo'), ['text Hello']],
  [
    'fragments with a ping between them',
    masked(0x02, bytes('01')) + masked(0x89, bytes('aa')) + masked(0x00, '') + masked(0x80, bytes('02')),
    ['ping aa', 'binary 0102'],
  ],
  ['a character cut by fragments', masked(0x01, bytes('e282')) + masked(0x80, bytes('ac')), ['text €']],
  ['a pong', masked(0x8a, bytes('bb')), ['pong bb']],
  ['a close without a code', masked(0x88, ''), ['close 1005 ']],
  ['a close', masked(0x88, bytes('03e86279 65')), ['close 1000 bye']],
  ['what comes after a close', masked(0x88, '') + masked(0x81, 'x'), ['close 1005 ']],
])('%s', (_, content, expected) => {
  expect(replay(bytes(content))).toEqual(expected);
});

test.each<[string, string, string]>([
  ['RSV1 without an extension', 'c180', 'WS_ERR_UNEXPECTED_RSV_1 1002'],
  ['RSV2', 'a180', 'WS_ERR_UNEXPECTED_RSV_2_3 1002'],
  ['RSV3', '9180', 'WS_ERR_UNEXPECTED_RSV_2_3 1002'],
  ['a reserved opcode', '8380', 'WS_ERR_INVALID_OPCODE 1002'],
  ['a reserved control opcode', '8b80', 'WS_ERR_INVALID_OPCODE 1002'],
  ['a fragment of nothing', '8080', 'WS_ERR_INVALID_OPCODE 1002'],
  ['a message within another', `${masked(0x01, 'a')}8180`, 'WS_ERR_INVALID_OPCODE 1002'],
  ['a ping in fragments', '0980', 'WS_ERR_EXPECTED_FIN 1002'],
  ['a long ping', '89fe', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002'],
  ['half a close code', '8881', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002'],
  ['no mask', '8100', 'WS_ERR_EXPECTED_MASK 1002'],
  ['a close code that must not be', masked(0x88, bytes('03ed')), 'WS_ERR_INVALID_CLOSE_CODE 1002'],
  ['a close reason that is no text', masked(0x88, bytes('03e8ff')), 'WS_ERR_INVALID_UTF8 1007'],
  ['a text that is none', masked(0x81, bytes('eda080')), 'WS_ERR_INVALID_UTF8 1007'],
  ['a text that ends too early', masked(0x81, bytes('e282')), 'WS_ERR_INVALID_UTF8 1007'],
  [
    'a length beyond all numbers',
    '81ffffffffffffffffff00000000',
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH 1009',
  ],
])('%s fails the connection', (_, content, expected) => {
  expect(replay(bytes(content))).toEqual([`error ${expected}`]);
});

test('bad text is seen before the frame has come whole', () => {
  const record = new Record();
  const receiver = new MessageReceiver({ role: 'server', maxPayload: 0 }, record);
  const content = frame(0x81, bytes('cebaf490808061616161'), KEY);
  for (const octet of content.subarray(0, 6 + 4)) receiver.receive(Uint8Array.of(octet));
  expect(record.lines).toEqual(['error WS_ERR_INVALID_UTF8 1007']);
});

test('a client takes no masked frames', () => {
  expect(replay(frame(0x81, 'a', KEY), { role: 'client' })).toEqual(['error WS_ERR_UNEXPECTED_MASK 1002']);
  expect(replay(frame(0x81, 'a'), { role: 'client' })).toEqual(['text a']);
});

test('the limit holds for a frame when it is announced, and for the sum of fragments', () => {
  const tooMuch = ['error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009'];
  expect(replay(bytes(masked(0x82, 'x'.repeat(10))), { maxPayload: 10 })).toHaveLength(1);
  expect(replay(bytes('828b00000000'), { maxPayload: 10 })).toEqual(tooMuch);
  expect(replay(bytes(`${masked(0x02, 'xxxxxx')}8085`), { maxPayload: 10 })).toEqual([]);
  expect(replay(bytes(`${masked(0x02, 'xxxxxx')}808500000000`), { maxPayload: 10 })).toEqual(tooMuch);
  expect(replay(bytes(masked(0x89, 'x'.repeat(20))), { maxPayload: 10 })).toHaveLength(1);
});

test('with skipUtf8Validation text is taken as it comes', () => {
  expect(replay(bytes(masked(0x81, bytes('ff'))), { skipUtf8Validation: true })).toHaveLength(1);
});

/** Answers at once, except for payloads that begin with a zero. */
class SlowInflater implements Inflater {
  done: ((result: Uint8Array | WebSocketError) => void) | undefined;

  inflate(payload: Uint8Array, limit: number, done: (result: Uint8Array | WebSocketError) => void) {
    if (payload.length > limit && limit > 0)
      return new WebSocketError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'x');
    if (payload[0] !== 0) return Uint8Array.from(payload).reverse();
    this.done = done;
    return undefined;
  }
}

test('compressed messages go through the inflater', () => {
  const inflater = (): Inflater => new SlowInflater();
  expect(replay(bytes(masked(0xc1, 'abc')), {}, inflater)).toEqual(['text cba']);
  expect(replay(bytes(masked(0x41, 'ab') + masked(0x80, 'c')), {}, inflater)).toEqual(['text cba']);
  expect(replay(bytes(masked(0xc1, bytes('80'))), {}, inflater)).toEqual(['error WS_ERR_INVALID_UTF8 1007']);
  expect(replay(bytes(`${masked(0x41, 'ab')}c080`), {}, inflater)).toEqual([
    'error WS_ERR_UNEXPECTED_RSV_1 1002',
  ]);
  expect(replay(bytes('c980'), {}, inflater)).toEqual(['error WS_ERR_UNEXPECTED_RSV_1 1002']);
});

test('while a message is inflated elsewhere, what comes after waits its turn', () => {
  const record = new Record();
  const inflater = new SlowInflater();
  const receiver = new MessageReceiver({ role: 'server', maxPayload: 0 }, record, inflater);
  receiver.receive(bytes(masked(0xc2, bytes('00')) + masked(0x82, bytes('02'))));
  receiver.receive(bytes(masked(0x82, bytes('03'))));
  expect(receiver.suspended).toBe(true);
  expect(receiver.held).toBeGreaterThan(0);
  expect(record.lines).toEqual([]);
  inflater.done!(bytes('01'));
  expect(record.lines).toEqual(['binary 01', 'binary 02', 'binary 03', 'resumed']);
  expect(receiver.suspended).toBe(false);
});

test('an inflation that fails late fails the connection, which is not suspended then', () => {
  const record = new Record();
  const inflater = new SlowInflater();
  const receiver = new MessageReceiver({ role: 'server', maxPayload: 0 }, record, inflater);
  receiver.receive(bytes(masked(0xc2, bytes('00'))));
  inflater.done!(new WebSocketError('WS_ERR_INVALID_COMPRESSED_DATA', 'x'));
  expect(record.lines).toEqual(['error WS_ERR_INVALID_COMPRESSED_DATA 1007']);
  expect(receiver.suspended).toBe(false);
});

test('messages may be given in pieces', () => {
  const record = new Record();
  const receiver = new MessageReceiver({ role: 'server', maxPayload: 8 }, record);
  receiver.pieces = {
    begin: (isBinary) => void record.lines.push(`begin ${isBinary}`),
    piece: (piece) => void record.lines.push(`piece ${hex(piece)}`),
    end: () => void record.lines.push('end'),
  };
  receiver.receive(bytes(masked(0x02, bytes('0102'))));
  receiver.receive(bytes(masked(0x89, '')));
  receiver.receive(bytes(masked(0x80, bytes('03'))));
  receiver.receive(bytes(masked(0x01, 'a')));
  receiver.receive(bytes('8088'));
  receiver.receive(bytes('00000000'));
  expect(record.lines).toEqual([
    'begin true',
    'piece 0102',
    'ping ',
    'piece 03',
    'end',
    'begin false',
    'piece 61',
    'error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009',
  ]);
});

test('after stop nothing is looked at', () => {
  const record = new Record();
  const receiver = new MessageReceiver({ role: 'server', maxPayload: 0 }, record);
  receiver.stop();
  receiver.receive(bytes(masked(0x81, 'a')));
  expect(record.lines).toEqual([]);
  expect(receiver.ended).toBe(true);
});

test('suspended from within a method, it goes on where it was', () => {
  const record = new Record();
  const receiver: MessageReceiver = new MessageReceiver(
    { role: 'server', maxPayload: 0 },
    {
      onMessage: (data, isBinary) => {
        record.onMessage(data, isBinary);
        receiver.suspend();
      },
      onPing: (payload) => record.onPing(payload),
      onPong: (payload) => record.onPong(payload),
      onClose: (code, reason) => record.onClose(code, reason),
      onError: (error) => record.onError(error),
      onResumed: () => record.onResumed(),
    },
  );
  receiver.receive(bytes(masked(0x81, 'a') + masked(0x89, '') + masked(0x81, 'b')));
  expect(record.lines).toEqual(['text a']);
  receiver.resume();
  expect(record.lines).toEqual(['text a', 'ping ', 'text b']);
  receiver.resume();
  expect(record.lines.at(-1)).toBe('resumed');
});
