import { expect, test } from 'vitest';
import { measureAppends } from '../../src/http/measured-log.js';
import { MemoryLog } from '../../src/log/memory-log.js';

const RECORD = { channel: 'room:a', sender: 'alice', data: '{}', key: 'k' };

test('it is the log that it measures, and observes the appends that succeed', async () => {
  const seconds: number[] = [];
  const log = measureAppends(new MemoryLog({ maxRecordBytes: 10 }), (taken) => seconds.push(taken));
  const told: number[] = [];
  await log.follow('room:a', (records) => told.push(...records.map(({ offset }) => offset)));
  expect(await log.append({ records: [RECORD], facts: [{ key: 'f', value: 'v' }] })).toMatchObject([
    { position: { offset: 1 }, duplicate: false },
  ]);
  await expect(log.append({ records: [{ ...RECORD, data: '"12345678901"' }] })).rejects.toThrow();
  expect(told).toEqual([1]);
  expect(seconds).toHaveLength(1);
  expect(seconds[0]).toBeGreaterThanOrEqual(0);
  expect(await log.heads(['room:a'])).toMatchObject([{ offset: 1 }]);
  expect((await log.read({ channel: 'room:a', limit: 1 })).records).toHaveLength(1);
  expect(await log.facts('f')).toEqual([{ key: 'f', value: 'v' }]);
  await log.trim('room:a', 1);
  await log.close();
  await expect(log.read({ channel: 'room:a', limit: 1 })).rejects.toMatchObject({ code: 'closed' });
});
