import { describe, expect, it } from 'vitest';
import { EventStreamParser, type StreamEvent } from '../../src/transport/event-stream.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function parse(text: string, size = Number.POSITIVE_INFINITY): StreamEvent[] {
  const parser = new EventStreamParser();
  const bytes = encode(text);
  const events: StreamEvent[] = [];
  for (let at = 0; at < bytes.length; at += Math.min(size, bytes.length)) {
    events.push(...parser.push(bytes.subarray(at, Math.min(at + size, bytes.length))));
  }
  return events;
}

const message = (data: string, id = ''): StreamEvent => ({ type: 'message', data, id });

describe('EventStreamParser', () => {
  it.each<[string, string, StreamEvent[]]>([
    ['an event', 'data: a\n\n', [message('a')]],
    ['a value without the space', 'data:a\n\n', [message('a')]],
    ['only the first space as none of the value', 'data:  a\n\n', [message(' a')]],
    ['CRLF', 'data: a\r\nid: 1\r\n\r\n', [message('a', '1')]],
    ['CR alone', 'data: a\r\rdata: b\r\r', [message('a'), message('b')]],
    ['several lines of data', 'data: a\ndata: b\n\n', [message('a\nb')]],
    ['an empty line of data', 'data\n\n', [message('')]],
    ['a comment', ': still here\n\ndata: a\n\n', [message('a')]],
    [
      'a named event, and none after it',
      'event: gap\ndata: a\n\ndata: b\n\n',
      [{ type: 'gap', data: 'a', id: '' }, message('b')],
    ],
    ['an id that stays', 'id: 1\ndata: a\n\ndata: b\n\n', [message('a', '1'), message('b', '1')]],
    ['an id without data', 'id: 7\n\ndata: a\n\n', [{ type: 'message', id: '7' }, message('a', '7')]],
    ['an id without data once', 'id: 7\n\n:\n\n\n', [{ type: 'message', id: '7' }]],
    ['an id with a NUL as none', 'id: 1\0\ndata: a\n\n', [message('a')]],
    ['fields it does not know', 'retry: 10\nfoo: bar\ndata: a\n\n', [message('a')]],
    ['a byte order mark', '\uFEFFdata: a\n\n', [message('a')]],
    ['more than ASCII', 'data: 你好 🙂\n\n', [message('你好 🙂')]],
    ['no event that is not complete', 'data: a\n', []],
  ])('reads %s, whole and a byte at a time', (_, text, events) => {
    expect(parse(text)).toEqual(events);
    expect(parse(text, 1)).toEqual(events);
    expect(parse(text, 3)).toEqual(events);
  });

  it('refuses a line that never ends, before it has taken much memory', () => {
    const parser = new EventStreamParser();
    const chunk = new Uint8Array(1024 * 1024).fill(0x61);
    expect(() => {
      for (let count = 0; count < 10; count += 1) parser.push(chunk);
    }).toThrow(expect.objectContaining({ code: 'bad_answer' }));
  });
});
