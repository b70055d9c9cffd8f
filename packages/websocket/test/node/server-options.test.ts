import { expect, test } from 'vitest';
import { serverSettings } from '../../src/node/server-options.js';

test('the limits are safe without a word about them', () => {
  expect(serverSettings({ port: 0 })).toMatchObject({
    role: 'server',
    maxPayload: 104_857_600,
    closeTimeout: 30_000,
    highWaterMark: 131_072,
    maxBackpressure: 67_108_864,
    dropBeyond: false,
    autoPong: true,
    keepalive: undefined,
  });
});

test('each can be told otherwise', () => {
  const told = { maxPayload: 1, closeTimeout: 2, highWaterMark: 0, maxBackpressure: 3, autoPong: false };
  expect(serverSettings({ port: 0, ...told, onBackpressure: 'drop' })).toMatchObject({
    ...told,
    dropBeyond: true,
  });
});
