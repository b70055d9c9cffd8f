import { expect, test } from 'vitest';
import { cpuTimeOf } from '../../../../test/support/cpu-time.js';
import { hasToken, isToken, parseExtensions, parseSubprotocols } from '../../src/protocol/headers.js';

const plain = (header: string): unknown =>
  parseExtensions(header)?.map(({ name, parameters }) => [name, Object.fromEntries(parameters)]);

test('extensions with parameters, quoted or not', () => {
  expect(plain('foo')).toEqual([['foo', {}]]);
  expect(plain(' foo ; a ;b=1;\tb="2" , bar;c="a\\b"')).toEqual([
    ['foo', { a: [true], b: ['1', '2'] }],
    ['bar', { c: ['ab'] }],
  ]);
});

test.each([
  '',
  ',',
  'foo,',
  'foo;',
  'foo;;a',
  'foo;a=',
  'foo;a=""',
  'foo;a="b c"',
  'foo;a="b',
  'foo bar',
  'f(o)',
  'foo;=',
  'foo;a="b"c',
  'foö',
])('the header "%s" is broken', (header) => {
  expect(parseExtensions(header)).toBeUndefined();
});

test('names that mean something to JavaScript are names like others', () => {
  expect(parseExtensions('__proto__;constructor=1')?.[0]?.parameters.get('constructor')).toEqual(['1']);
});

test('subprotocols are distinct tokens', () => {
  expect([...parseSubprotocols('chat, superchat ,x')!]).toEqual(['chat', 'superchat', 'x']);
  for (const header of ['', 'a,', 'a,,b', 'a b', 'a;b', 'a,a', ' ,a'])
    expect(parseSubprotocols(header)).toBeUndefined();
});

test('a long header is read in time that grows with its length', () => {
  // In quadratic time this would take minutes.
  const header = `a;b="${'\\'.repeat(2_000_000)}`;
  expect(cpuTimeOf(() => expect(parseExtensions(header)).toBeUndefined())).toBeLessThan(3_000);
});

test('tokens', () => {
  expect(isToken("!#$%&'*+-.^_`|~09azAZ")).toBe(true);
  for (const text of ['', ' ', 'a,b', 'a/b', 'ä', 'a\u0000']) expect(isToken(text)).toBe(false);
  expect(hasToken('keep-alive, Upgrade', 'upgrade')).toBe(true);
  expect(hasToken('upgrades', 'upgrade')).toBe(false);
  expect(hasToken(undefined, 'upgrade')).toBe(false);
});
