import { expect, test } from 'vitest';
import { MemoryLog } from '../../src/log/memory-log.js';
import { describeContract } from './contract.js';

describeContract('MemoryLog', async (options) => {
  const log = new MemoryLog(options);
  return { log, discard: () => log.close() };
});

const record = (data: string) => ({ channel: 'room:a', sender: 'ada', data: JSON.stringify(data) });

test('says that it lasts as long as the process', () => {
  expect(new MemoryLog().durability).toBe('memory');
});

test('has an epoch of its own, so that readers of another log are told', async () => {
  const [first] = await new MemoryLog().heads(['room:a']);
  const [second] = await new MemoryLog().heads(['room:a']);
  expect(first?.epoch).not.toBe(second?.epoch);
  expect(await new MemoryLog({ epoch: 'given' }).heads(['room:a'])).toEqual([{ epoch: 'given', offset: 0 }]);
});

test('holds no more bytes than it may, facts included, and takes more once it was trimmed', async () => {
  const log = new MemoryLog({ maxBytes: 10_000 });
  const append = () => log.append({ records: [record('x'.repeat(500))] });
  for (let count = 0; count < 8; count++) await append();
  await expect(append()).rejects.toMatchObject({ code: 'full', retryable: true });
  expect((await log.heads(['room:a']))[0]?.offset).toBe(8);
  await expect(
    log.append({ records: [], facts: [{ key: 'k', value: 'x'.repeat(500) }] }),
  ).rejects.toMatchObject({
    code: 'full',
  });
  await log.trim('room:a', 5);
  await log.append({ records: [], facts: [{ key: 'k', value: 'x'.repeat(2500) }] });
  await expect(append()).rejects.toMatchObject({ code: 'full' });
  await log.append({ records: [], facts: [{ key: 'k', value: 'x' }] });
  await append();
  await log.append({ records: [], facts: [{ key: 'k', value: null }] });
  expect(await log.facts('')).toEqual([]);
});
