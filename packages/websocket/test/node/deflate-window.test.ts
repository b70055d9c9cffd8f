import { expect, test } from 'vitest';
import { Window } from '../../src/node/deflate-window.js';
import { digits as text } from './harness.js';

test('a window keeps the end of what was pushed', () => {
  const window = new Window(1000);
  let all = Buffer.alloc(0);
  expect(window.content).toBeUndefined();
  for (let count = 0; count < 200; count++) {
    const part = text(1 + ((count * 37) % 300), count + 1);
    window.push(part);
    all = Buffer.concat([all, part]).subarray(-1000);
    expect(window.content!.subarray(-all.length).equals(all)).toBe(true);
    expect(window.content!.length).toBeLessThanOrEqual(1000);
  }
  window.push(text(5000));
  expect(window.content!.equals(text(5000).subarray(-1000))).toBe(true);
  window.clear();
  expect(window.content).toBeUndefined();
});
