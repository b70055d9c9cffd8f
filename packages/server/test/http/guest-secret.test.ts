import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guestSecret, sharedSecret } from '../../src/http/guest-secret.js';
import { memoryLog, memoryStorage } from '../support/memory-log.js';

test('the secret is made once, for its owner alone, and one that is damaged is not replaced in silence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fullduplex-secret-'));
  const data = join(folder, 'data');
  const first = await guestSecret(data);
  expect(first).toHaveLength(32);
  expect(Buffer.from(await guestSecret(data))).toEqual(Buffer.from(first));
  expect((await stat(join(data, 'secret'))).mode & 0o777).toBe(0o600);
  expect((await readFile(join(data, 'secret'), 'utf8')).trim()).toBe(Buffer.from(first).toString('hex'));
  await writeFile(join(data, 'secret'), 'short');
  await expect(guestSecret(data)).rejects.toThrow('is no secret');
  await rm(folder, { recursive: true });
});

test('servers on one log agree on one secret, however many begin at once', async () => {
  const storage = memoryStorage();
  const secrets = await Promise.all(
    Array.from({ length: 5 }, () => sharedSecret(memoryLog({ storage }), randomBytes)),
  );
  expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(1);
  expect(secrets[0]).toHaveLength(32);
});
