import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { refuseUpgrade } from '../../src/node/refusal.js';

test('a refusal is a whole answer, and the end', async () => {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  refuseUpgrade(stream, { status: 426, message: 'größer', headers: { 'Sec-WebSocket-Version': '13' } });
  await new Promise((resolve) => stream.once('close', resolve));
  expect(Buffer.concat(chunks).toString()).toBe(
    'HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
      'Content-Length: 8\r\nSec-WebSocket-Version: 13\r\n\r\ngrößer',
  );
});

test('no header gets in by a line break', () => {
  expect(() =>
    refuseUpgrade(new PassThrough(), { status: 400, message: '', headers: { A: 'b\r\nC: d' } }),
  ).toThrow(TypeError);
});
