import { expect, test } from 'vitest';
import { linkSettings } from '../../src/node/connection-options.js';

const server = { role: 'server', maskingKey: undefined } as const;

test('the defaults are those of the reference', () => {
  expect(linkSettings({}, server)).toMatchObject({
    role: 'server',
    maxPayload: 104_857_600,
    skipUtf8Validation: false,
    closeTimeout: 30_000,
    autoPong: true,
    highWaterMark: 131_072,
    untakenTimeout: 30_000,
    maxBackpressure: 67_108_864,
    dropBeyond: false,
    keepalive: undefined,
  });
});

test('zero and false are values, not absences', () => {
  const options = { maxPayload: 0, highWaterMark: 0, untakenTimeout: 0, maxBackpressure: 0, autoPong: false };
  expect(linkSettings({ ...options, keepalive: false, onBackpressure: 'drop' }, server)).toMatchObject({
    ...options,
    keepalive: undefined,
    dropBeyond: true,
  });
});
