import { expect, test } from 'vitest';
import { HeadCache } from '../../src/log/head-cache.js';

const setUp = (max = 10) => {
  const failures: string[] = [];
  const heads = new HeadCache(max);
  const tell = (channel: string, offset: number, id: number) =>
    heads.told(channel, offset, id, (error) => failures.push(error.message));
  return { heads, tell, failures };
};

test('knows what it was told last, or what it has learnt', () => {
  const { heads, tell } = setUp();
  tell('a', 1, 4);
  tell('a', 2, 6);
  heads.learn('b', { offset: 0, id: 0 });
  expect(heads.get('a')).toEqual({ offset: 2, id: 6 });
  expect(heads.get('b')).toEqual({ offset: 0, id: 0 });
  expect(heads.get('c')).toBeUndefined();
});

test('what is learnt late does not stand against what was told', () => {
  const { heads, tell } = setUp();
  tell('a', 2, 6);
  heads.learn('a', { offset: 1, id: 4 });
  expect(heads.get('a')).toEqual({ offset: 2, id: 6 });
});

test('says where an offset does not adjoin the one before, and goes on with it', () => {
  const { heads, tell, failures } = setUp();
  tell('a', 7, 10);
  tell('a', 8, 11);
  expect(failures).toEqual([]);
  tell('a', 10, 12);
  expect(failures).toEqual(['In a the offset 10 came after 8.']);
  expect(heads.get('a')).toEqual({ offset: 10, id: 12 });
  heads.learn('b', { offset: 3, id: 5 });
  tell('b', 3, 13);
  expect(failures).toHaveLength(2);
});

test('holds so many and no more; those without news for longest go first', () => {
  const { heads, tell } = setUp(3);
  for (const [index, channel] of ['a', 'b', 'c'].entries()) tell(channel, 1, index + 1);
  tell('a', 2, 4);
  tell('d', 1, 5);
  expect(['a', 'b', 'c', 'd'].filter((channel) => heads.get(channel) !== undefined)).toEqual(['a', 'c', 'd']);
  heads.learn('e', { offset: 1, id: 1 });
  expect(['a', 'b', 'c', 'd', 'e'].filter((channel) => heads.get(channel) !== undefined)).toEqual([
    'a',
    'd',
    'e',
  ]);
});

test('forgets all of it, and may be told to hold nothing', () => {
  const { heads, tell } = setUp();
  tell('a', 1, 1);
  heads.clear();
  expect(heads.get('a')).toBeUndefined();
  const none = setUp(0);
  none.tell('a', 1, 1);
  expect(none.heads.get('a')).toBeUndefined();
});
