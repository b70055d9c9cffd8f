import { expect, test } from 'vitest';
import { UnderWay } from '../../src/chat/under-way.js';
import { turn } from './fixtures.js';

const names = (...keys: string[]) => ({ records: [], when: keys.map((key) => ({ key, id: 0 })) });
const changes = (...keys: string[]) => ({ records: [], facts: keys.map((key) => ({ key, value: '' })) });

test('an append waits for those that change what it names, and for no others', async () => {
  const underWay = new UnderWay();
  expect(underWay.before(names('a'))).toBeUndefined();
  underWay.add(changes('a', 'b'), Promise.resolve());
  expect(underWay.before(names('c'))).toBeUndefined();
  expect(underWay.before({ records: [] })).toBeUndefined();
  await underWay.before(names('c', 'b'));
  expect(underWay.before(names('a', 'b'))).toBeUndefined();
});

test('an append that fails is over as well', async () => {
  const underWay = new UnderWay();
  underWay.add(changes('a'), Promise.reject(new Error('lost')));
  await underWay.before(names('a'));
  expect(underWay.before(names('a'))).toBeUndefined();
});

test('of several that change a fact the last is waited for', async () => {
  const underWay = new UnderWay();
  let release = (): void => {};
  underWay.add(changes('a'), Promise.resolve());
  const last = new Promise<void>((resolve) => {
    release = resolve;
  });
  underWay.add(changes('a'), last);
  await turn();
  const waiting = underWay.before(names('a'));
  expect(waiting).toBeDefined();
  release();
  await waiting;
  expect(underWay.before(names('a'))).toBeUndefined();
});
