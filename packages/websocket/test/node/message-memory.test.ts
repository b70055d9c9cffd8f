import { expect, test } from 'vitest';
import { MessageMemory } from '../../src/node/message-memory.js';
import { pair, until } from './harness.js';

test('what is given back is given again, for what fits and is not much smaller', () => {
  const memory = new MessageMemory();
  const first = memory.take(1000);
  memory.giveBack(first.subarray(10, 20));
  expect(memory.take(400).buffer).not.toBe(first.buffer);
  const again = memory.take(600);
  expect([again.buffer === first.buffer, again.length]).toEqual([true, 600]);
  expect(memory.take(600).buffer).not.toBe(first.buffer);
});

test('what is kept, or is not from here, or is given back twice, is not given again', () => {
  const memory = new MessageMemory();
  const kept = memory.take(1000);
  memory.keep(kept);
  memory.giveBack(kept);
  const other = Buffer.alloc(1000);
  memory.giveBack(other);
  const twice = memory.take(1000);
  memory.giveBack(twice);
  memory.giveBack(twice);
  const [one, two] = [memory.take(1000), memory.take(1000)];
  expect(one.buffer).toBe(twice.buffer);
  expect([kept.buffer, other.buffer, one.buffer]).not.toContain(two.buffer);
});

test('only so much is kept', () => {
  const memory = new MessageMemory();
  const pieces = Array.from({ length: 40 }, () => memory.take(3_000_000));
  for (const piece of pieces) memory.giveBack(piece);
  const again = Array.from({ length: 40 }, () => memory.take(3_000_000).buffer);
  expect(again.filter((buffer) => pieces.some((piece) => piece.buffer === buffer))).toHaveLength(5);
});

test.each([false, true])(
  'an echo of large messages comes out right, whether the peer reads or not (compression: %s)',
  async (perMessageDeflate) => {
    const { ours, theirs } = await pair({ perMessageDeflate, reuseMemory: true, maxBackpressure: 0 });
    const memories = new Set<unknown>();
    theirs.on('message', (data, isBinary) => {
      memories.add(data.buffer);
      theirs.send(data, { binary: isBinary });
    });
    const got: Buffer[] = [];
    ours.on('message', (data) => got.push(data));
    const message = (id: number): Buffer => Buffer.alloc(80_000, `message ${id} `);
    for (let id = 0; id < 20; id++) {
      ours.send(message(id));
      await until(() => got.length === id + 1);
    }
    if (!perMessageDeflate) expect(memories.size).toBeLessThan(20);
    ours._socket!.pause();
    for (let id = 20; id < 260; id++) ours.send(message(id));
    await until(() => theirs.bufferedAmount > 0 || perMessageDeflate);
    ours._socket!.resume();
    await until(() => got.length === 260);
    expect(got.every((data, id) => data.equals(message(id)))).toBe(true);
  },
);
