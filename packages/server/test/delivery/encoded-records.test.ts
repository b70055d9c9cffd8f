import { expect, test } from 'vitest';
import { EncodedRecords } from '../../src/delivery/encoded-records.js';
import type { LogRecord } from '../../src/log/log.js';

function record(id: number, data = '{}'): LogRecord {
  return { channel: 'room:a', sender: 'a', data, id, offset: id, time: 1 };
}

test('a record is encoded once, as long as no other took its place', () => {
  const encoded = new EncodedRecords();
  const one = record(1);
  const json = encoded.json('e', one);
  expect(JSON.parse(json)).toMatchObject({ channel: 'room:a', epoch: 'e', offset: 1 });
  expect(encoded.json('e', one)).toBe(json);
});

test('what was redacted is another record, and is encoded anew', () => {
  const encoded = new EncodedRecords();
  encoded.json('e', record(1, '{"text":"secret"}'));
  expect(encoded.json('e', record(1, '{"type":"deleted"}'))).not.toContain('secret');
});

test('two records never pass for each other', () => {
  const encoded = new EncodedRecords();
  for (let id = 1; id < 2000; id++) {
    expect(JSON.parse(encoded.json('e', record(id)))).toMatchObject({ offset: id });
  }
});
