import { expect, test } from 'vitest';
import { codecs, nodeMemory } from '../../src/node/link-settings.js';

const parameters = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 15,
};

test('each side compresses by its own parameters', () => {
  const negotiated = { protocol: '', deflate: { parameters, options: {} } };
  expect(codecs({ protocol: '' }, true)).toBeUndefined();
  // The server keeps no context, so its small messages are not worth it; and its window is not the full one.
  const server = codecs(negotiated, true)!;
  expect([server.deflater.wants(10), server.deflater.full]).toEqual([false, false]);
  const client = codecs(negotiated, false)!;
  expect([client.deflater.wants(10), client.deflater.full]).toEqual([true, true]);
});

test('the core is given what Node does faster', () => {
  expect(nodeMemory.isUtf8(Buffer.from('€'))).toBe(true);
  expect(nodeMemory.isUtf8(Buffer.of(0xff))).toBe(false);
  expect(Buffer.isBuffer(nodeMemory.allocate(10))).toBe(true);
  expect(nodeMemory.allocate(10).buffer.byteLength).toBe(10);
});
