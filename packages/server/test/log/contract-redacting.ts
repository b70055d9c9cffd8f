/** What every log must do when data are to be gone: wherever one reads, and before it says so. */
import { describe, expect, test } from 'vitest';
import type { Log, LogRecord } from '../../src/log/log.js';
import { fill, listen, message, range, type Subject, texts } from './subject.js';

const GONE = JSON.stringify({ type: 'message', text: 'gone' });

const redact = (...ids: readonly number[]) => ({
  records: [message('room:a', 'redacts')],
  redact: ids.map((id) => ({ id, data: GONE })),
});

/** The record as all the ways of reading give it. */
async function everywhere(log: Log, channel: string, { id, offset }: { id: number; offset: number }) {
  const [forwards] = (await log.read({ channel, after: offset - 1, limit: 1 })).records;
  const [backwards] = (await log.read({ channel, before: offset + 1, limit: 1, newestFirst: true })).records;
  const [merged] = (await log.readAfter({ channels: [{ channel, after: id - 1 }], limit: 1 })).records;
  return [forwards, backwards, merged] as (LogRecord | undefined)[];
}

export function describeRedacting(subject: Subject): void {
  describe('redact', () => {
    test('replaces the data wherever they are read, and keeps the rest', async () => {
      await fill(subject, 'room:a', 2);
      const [appended] = await subject.log.append({ records: [message('room:b', 'secret', 'k', 'bob')] });
      await fill(subject, 'room:b', 2);
      await subject.log.append(redact(3));
      const expected = {
        ...message('room:b', 'gone', 'k', 'bob'),
        id: 3,
        offset: 1,
        time: appended!.time,
        redacted: true,
      };
      const seen = await everywhere(subject.log, 'room:b', { id: 3, offset: 1 });
      expect(seen).toEqual([expected, expected, expected]);
      expect(texts((await subject.log.read({ channel: 'room:a', limit: 9 })).records)).toEqual([
        '1',
        '2',
        'redacts',
      ]);
      expect(texts((await subject.log.read({ channel: 'room:b', limit: 9 })).records)).toEqual([
        'gone',
        '1',
        '2',
      ]);
    });

    test('says of nothing else that it was redacted', async () => {
      await fill(subject, 'room:a', 2);
      await subject.log.append(redact(1));
      const { records } = await subject.log.read({ channel: 'room:a', limit: 9 });
      expect(records.map((record) => 'redacted' in record)).toEqual([true, false, false]);
    });

    test('has done it once it says so, of many records and amid other appends', async () => {
      await fill(subject, 'room:a', 50);
      const append = () => subject.log.append({ records: [message('room:b', 'x')] });
      const redacting = subject.log.append(redact(...range(1, 50)));
      await Promise.race([Promise.all([append(), append()]), redacting]);
      await redacting;
      const { records } = await subject.log.read({ channel: 'room:a', limit: 100 });
      expect(texts(records)).toEqual([...range(1, 50).map(() => 'gone'), 'redacts']);
    });

    test('is told to those who follow, with the first record of its append', async () => {
      await fill(subject, 'room:a', 2);
      const listening = listen(subject.log);
      await subject.log.append({
        records: [message('room:b', 'first'), message('room:a', 'second')],
        redact: [
          { id: 1, data: GONE },
          { id: 2, data: '{}' },
        ],
      });
      const [first, next] = listening.records;
      expect(first?.redactions).toEqual([
        { id: 1, data: GONE },
        { id: 2, data: '{}' },
      ]);
      expect(next).not.toHaveProperty('redactions');
    });

    test('of a record whose key is tried again leaves it a duplicate, whatever its data', async () => {
      const [first] = await subject.log.append({ records: [message('room:a', 'secret', 'k')] });
      await subject.log.append(redact(1));
      for (const text of ['secret', 'gone', 'other']) {
        const [again] = await subject.log.append({ records: [message('room:a', text, 'k')] });
        expect(again).toEqual({ ...first, duplicate: true });
      }
      const seen = await everywhere(subject.log, 'room:a', { id: 1, offset: 1 });
      expect(texts(seen as LogRecord[])).toEqual(['gone', 'gone', 'gone']);
    });

    test('may be done again, and its own retry does nothing', async () => {
      await fill(subject, 'room:a', 1);
      const first = { records: [message('room:a', 'redacts', 'k')], redact: [{ id: 1, data: GONE }] };
      await subject.log.append(first);
      const data = JSON.stringify({ type: 'message', text: 'again' });
      await subject.log.append({ records: [message('room:a', 'redacts')], redact: [{ id: 1, data }] });
      expect((await subject.log.append(first))[0]?.duplicate).toBe(true);
      const seen = await everywhere(subject.log, 'room:a', { id: 1, offset: 1 });
      expect(texts(seen as LogRecord[])).toEqual(['again', 'again', 'again']);
    });

    test('of a record that is gone, or never was, is nothing', async () => {
      await fill(subject, 'room:a', 3);
      await subject.log.trim('room:a', 2);
      await subject.log.append(redact(1, 1000));
      expect(texts((await subject.log.read({ channel: 'room:a', limit: 9 })).records)).toEqual([
        '2',
        '3',
        'redacts',
      ]);
    });

    test('is not done where the append fails', async () => {
      await fill(subject, 'room:a', 2);
      await subject.log.append({ records: [message('room:b', 'x', 'k')], facts: [{ key: 'f', value: '' }] });
      const failing = [
        { ...redact(1), records: [message('room:b', 'other', 'k')] },
        { ...redact(1), unless: 'f' },
        { ...redact(1), when: [{ key: 'f', id: 0 }] },
        { ...redact(1), redact: [{ id: 1, data: JSON.stringify('x'.repeat(1000)) }] },
        { ...redact(1), records: [] },
      ];
      for (const append of failing) await expect(subject.log.append(append)).rejects.toThrow();
      const seen = await everywhere(subject.log, 'room:a', { id: 1, offset: 1 });
      expect(texts(seen as LogRecord[])).toEqual(['1', '1', '1']);
    });
  });
}
