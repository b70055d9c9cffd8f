import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newNodeId } from '../../src/broker/node-id.js';

test('a node id is drawn from what is handed in, and is short', () => {
  const same = (size: number): Uint8Array => new Uint8Array(size).fill(7);
  expect(newNodeId(same)).toBe(newNodeId(same));
  const ids = new Set(Array.from({ length: 1000 }, () => newNodeId(randomBytes)));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[\w-]{12}$/);
});
