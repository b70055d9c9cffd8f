import { expect, test } from 'vitest';
import { toPublication, typeOf } from '../../src/chat/publication.js';

const record = {
  id: 9,
  channel: 'room:a',
  sender: 'ada',
  data: '{"type":"message","text":"x"}',
  offset: 3,
  time: 5,
};

test('a record becomes a publication, with its key where it has one', () => {
  const publication = { offset: 3, data: { type: 'message', text: 'x' }, info: { user: 'ada' }, time: 5 };
  expect(toPublication(record)).toEqual(publication);
  expect(toPublication({ ...record, key: 'k' })).toEqual({ ...publication, info: { user: 'ada', key: 'k' } });
});

test.each([
  ['{"type":"message","text":"x"}', 'message'],
  ['{"type":""}', ''],
  ['{"text":"x","type":"edit"}', 'edit'],
  ['{"type":"a\\"b"}', 'a"b'],
  ['{"type":"mess\\u0061ge"}', 'message'],
  ['{"type":7}', undefined],
  ['{}', undefined],
  ['null', undefined],
  ['"type"', undefined],
])('the type of %s is %j', (data, type) => {
  expect(typeOf(data)).toBe(type);
});
