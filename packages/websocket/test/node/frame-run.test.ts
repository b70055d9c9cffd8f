import { expect, test } from 'vitest';
import { FrameRun } from '../../src/node/frame-run.js';
import { frame, hex } from '../support.js';

test('frames lie one behind the other, and any of them in a row can be had', () => {
  const run = new FrameRun();
  const texts = ['a', 'b'.repeat(5000), '€'.repeat(3000)];
  for (const text of texts) run.push(0x81, text);
  run.push(0x82, Uint8Array.of(1, 2));
  const frames = [...texts.map((text) => frame(0x81, text)), frame(0x82, Uint8Array.of(1, 2))];
  expect(run.count).toBe(4);
  for (let from = 0; from < 4; from++) {
    for (let to = from + 1; to <= 4; to++) {
      expect(hex(run.slice(from, to))).toBe(hex(Buffer.concat(frames.slice(from, to))));
    }
  }
  expect(run.length).toBe(Buffer.concat(frames).length);
});

test('memory somebody refers to is not written over', () => {
  const run = new FrameRun();
  run.push(0x81, 'first');
  const kept = run.slice(0, 1);
  run.block!.pins++;
  expect(run.clear(10_000)).toBe(false);
  run.push(0x81, 'other');
  expect(Buffer.from(kept).toString()).toContain('first');
  const reused = run.slice(0, 1);
  expect(run.clear(10_000)).toBe(true);
  run.push(0x81, 'third');
  expect(Buffer.from(reused).toString()).toContain('third');
  expect(run.clear(100)).toBe(false);
});
