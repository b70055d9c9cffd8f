import { expect, test } from 'vitest';
import { OutgoingMessage } from '../../src/protocol/outgoing-message.js';

test('the first fragment bears the opcode, the last one FIN', () => {
  const text = new OutgoingMessage(false);
  expect([text.next(false), text.next(false), text.next(true)]).toEqual([0x01, 0x00, 0x80]);
  expect(new OutgoingMessage(true).next(true)).toBe(0x82);
});

test('a character whose halves are in two fragments is not cut', () => {
  const message = new OutgoingMessage(false);
  expect(message.whole('a\ud83d', false)).toBe('a');
  expect(message.whole('', false)).toBe('');
  expect(message.whole('\ude00b', false)).toBe('\ud83d\ude00b');
  expect(message.whole('\ud83d', true)).toBe('\ud83d');
});

test('half a character before bytes is none', () => {
  const message = new OutgoingMessage(false);
  message.whole('\ud83d', false);
  expect(message.whole(Uint8Array.of(0x61), false)).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd, 0x61));
  expect(message.whole(Uint8Array.of(0x61), true)).toEqual(Uint8Array.of(0x61));
});
