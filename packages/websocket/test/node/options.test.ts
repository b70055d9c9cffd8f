import { expect, test } from 'vitest';
import { areSettings, settingsOf } from '../../src/node/options.js';

test('zero and false are values, not absences; and what is undefined is absent', () => {
  const options = { maxPayload: 0, highWaterMark: 0, untakenTimeout: 0, maxBackpressure: 0, autoPong: false };
  const settings = settingsOf(
    { ...options, keepalive: false, onBackpressure: 'drop', closeTimeout: undefined as unknown as number },
    { role: 'server' },
  );
  expect(settings).toMatchObject({
    ...options,
    keepalive: undefined,
    dropsBeyond: true,
    closeTimeout: 30_000,
  });
});

test('only a client masks, by its own keys where it says so', () => {
  expect(settingsOf({}, { role: 'server' }).maskingKey).toBeUndefined();
  const generateMask = (mask: Buffer): void => void mask.writeUInt32LE(0xfedcba98);
  expect(settingsOf({}, { role: 'client', generateMask }).maskingKey!()).toBe(0xfedcba98);
});

test('the protocol is given what Node does faster', () => {
  const { allocate, isUtf8 } = settingsOf({}, { role: 'server' });
  expect(isUtf8!(Buffer.from('€'))).toBe(true);
  expect(isUtf8!(Buffer.of(0xff))).toBe(false);
  expect(Buffer.isBuffer(allocate!(10))).toBe(true);
  expect(allocate!(10).buffer.byteLength).toBe(10);
});

test('settings are told from options', () => {
  expect(areSettings(settingsOf({}, { role: 'server' }))).toBe(true);
  expect(areSettings({ maxPayload: 5 })).toBe(false);
});
