import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { bearerToken, Tokens } from '../../src/http/auth.js';

const NOW = 1_700_000_000_000;
const SECRET = new TextEncoder().encode('the secret of the guests, 32 bytes');
const APP_SECRET = 'the secret of the application';

function sign(claims: object, secret = APP_SECRET, alg = 'HS256'): Promise<string> {
  const token = new SignJWT({ ...claims }).setProtectedHeader({ alg });
  return token.sign(new TextEncoder().encode(secret));
}

function tokens(now = () => NOW): Tokens {
  return new Tokens({ guestSecret: SECRET, appSecret: APP_SECRET, now });
}

test('what is issued is taken, also by the server’s next run', async () => {
  const token = await tokens().issue('alice');
  expect(await tokens().verify(token)).toEqual({ user: 'alice' });
  expect(await tokens(() => NOW + 10 * 365 * 86_400_000).verify(token)).toEqual({ user: 'alice' });
});

test('an application’s tokens are taken until they expire', async () => {
  const token = await sign({ sub: 'alice', exp: NOW / 1000 + 60 });
  let now = NOW;
  const own = tokens(() => now);
  expect(await own.verify(token)).toEqual({ user: 'alice', expiresAt: NOW + 60_000 });
  now = NOW + 60_000;
  await expect(own.verify(token)).rejects.toMatchObject({ code: 'token_expired' });
  await expect(tokens(() => now).verify(token)).rejects.toMatchObject({ code: 'token_expired' });
});

describe('anything else is unauthorized', () => {
  const cases: [string, () => Promise<string | undefined> | string | undefined][] = [
    ['none', () => undefined],
    ['an empty one', () => ''],
    ['no token', () => 'nonsense'],
    ['a very long one', () => 'x'.repeat(5000)],
    ['another secret', () => sign({ sub: 'alice' }, 'a secret of someone else')],
    ['another algorithm', () => sign({ sub: 'alice' }, 'x'.repeat(64), 'HS512')],
    ['none as algorithm', () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"alice"}')}.`.replaceAll('=', '')],
    ['no user', () => sign({})],
    ['a user that is no text', () => sign({ sub: 5 })],
    [
      'changed claims',
      async () => {
        const [head, , signature] = (await sign({ sub: 'alice' })).split('.');
        return `${head}.${btoa('{"sub":"bob"}').replaceAll('=', '')}.${signature}`;
      },
    ],
  ];
  for (const [name, make] of cases) {
    test(name, async () => {
      await expect(tokens().verify(await make())).rejects.toMatchObject({ code: 'unauthorized' });
    });
  }

  test('a guest’s token where there are no guests', async () => {
    const token = await tokens().issue('alice');
    const without = new Tokens({ appSecret: APP_SECRET });
    await expect(without.verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(without.issue('alice')).rejects.toMatchObject({ code: 'permission_denied' });
  });
});

test('the token of a header', () => {
  expect(bearerToken('Bearer abc')).toBe('abc');
  expect(bearerToken('bearer  abc ')).toBe('abc');
  expect(bearerToken('Basic abc')).toBeUndefined();
  expect(bearerToken('Bearer a b')).toBeUndefined();
  expect(bearerToken(undefined)).toBeUndefined();
});
