import { CommandError } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { decodeError, decodeFrame, encodeCommand } from '../../src/transport/codec.js';

describe('encodeCommand', () => {
  it('puts the parameters under the name of the method', () => {
    expect(encodeCommand(3, 'unsubscribe', { channel: 'room:a' })).toBe(
      '{"id":3,"unsubscribe":{"channel":"room:a"}}',
    );
  });
});

describe('decodeFrame', () => {
  it('reads one message a line, and tells replies, pushes and pings apart', () => {
    const frame =
      '{"id":1,"ping":{}}\n{}\n{"push":{"channel":"room:a"}}\n{"error":{"code":107,"message":"m"}}\n';
    expect(decodeFrame(frame)).toEqual([
      { type: 'reply', reply: { id: 1, ping: {} } },
      { type: 'ping' },
      { type: 'push', push: { channel: 'room:a' } },
      { type: 'reply', reply: { error: { code: 107, message: 'm' } } },
    ]);
  });

  it.each(['{"id":', '[]', '"x"', 'null', '7', '<html>'])('refuses %s', (frame) => {
    expect(() => decodeFrame(frame)).toThrow(expect.objectContaining({ code: 'bad_answer' }));
  });
});

describe('decodeError', () => {
  it('gives back what the server meant', () => {
    for (const code of ['not_a_member', 'too_many_requests', 'storage_full'] as const) {
      const error = new CommandError(code, 'Two words: then more.\nAnd a line.');
      expect(decodeError(error.toReply())).toMatchObject({
        code,
        message: 'Two words: then more.\nAnd a line.',
        retryable: error.retryable,
      });
    }
  });

  it('takes the message of a server that names no code as it is', () => {
    expect(decodeError({ code: 100, message: 'Internal: no.', temporary: true })).toMatchObject({
      code: 'internal',
      message: 'Internal: no.',
      retryable: true,
    });
  });
});
