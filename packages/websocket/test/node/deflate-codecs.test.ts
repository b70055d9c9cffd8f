import { expect, test } from 'vitest';
import { deflateCodecs } from '../../src/node/deflate-codecs.js';

test('each side compresses by its own parameters', () => {
  const parameters = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 15,
  };
  // The server keeps no context, so its small messages are not worth it; and its window is not the full one.
  const server = deflateCodecs(parameters, 'server', {});
  expect([server.deflater.wants(10), server.deflater.hasFullWindow]).toEqual([false, false]);
  const client = deflateCodecs(parameters, 'client', {});
  expect([client.deflater.wants(10), client.deflater.hasFullWindow]).toEqual([true, true]);
});
