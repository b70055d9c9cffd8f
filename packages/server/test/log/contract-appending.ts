/** What every log must do with what it is given: records, keys and facts. */
import { describe, expect, test } from 'vitest';
import { LIMITS, message, type Subject, texts } from './subject.js';

export function describeAppending(subject: Subject): void {
  describe('append', () => {
    test('counts the offsets of each channel from 1', async () => {
      const [first] = await subject.log.append({ records: [message('room:a', 'one')] });
      const [second] = await subject.log.append({ records: [message('room:a', 'two')] });
      const [other] = await subject.log.append({ records: [message('room:b', 'one')] });
      expect([first, second, other].map((entry) => entry?.position.offset)).toEqual([1, 2, 1]);
      expect(first?.position.epoch).toBe(second?.position.epoch);
      expect(first?.duplicate).toBe(false);
    });

    test('answers one entry a record, in their order, over several channels', async () => {
      const appended = await subject.log.append({
        records: [message('room:a', '1'), message('room:b', '1'), message('room:a', '2')],
      });
      expect(appended.map((entry) => entry.position.offset)).toEqual([1, 1, 2]);
    });

    test('follows the order of the calls within one turn', async () => {
      const calls = Array.from({ length: 50 }, (_, index) =>
        subject.log.append({ records: [message('room:a', `${index + 1}`)] }),
      );
      const offsets = (await Promise.all(calls)).map(([entry]) => entry?.position.offset);
      expect(offsets).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(texts((await subject.log.read({ channel: 'room:a', limit: 100 })).records)).toEqual(
        offsets.map(String),
      );
    });

    test('takes an append with nothing in it', async () => {
      await expect(subject.log.append({ records: [] })).resolves.toEqual([]);
    });

    test('gives back what it was given, as it was given', async () => {
      const data = '{ "type":"message",  "text":"z\\u0000 \\ud83d 👩‍👩‍👧 שלום \\n" }';
      await subject.log.append({
        records: [{ channel: 'room:日本語', sender: 'Ædith', key: 'k "1"\n', data }],
      });
      const { records } = await subject.log.read({ channel: 'room:日本語', limit: 1 });
      expect(records).toEqual([
        { channel: 'room:日本語', sender: 'Ædith', key: 'k "1"\n', data, offset: 1, time: subject.clock },
      ]);
      await subject.log.append({ records: [message('room:日本語', 'keyless')] });
      const [keyless] = (await subject.log.read({ channel: 'room:日本語', after: 1, limit: 1 })).records;
      expect(keyless).not.toHaveProperty('key');
    });

    test('lets no time go back within a channel', async () => {
      await subject.log.append({ records: [message('room:a', '1')] });
      subject.clock -= 60_000;
      const [second] = await subject.log.append({ records: [message('room:a', '2')] });
      expect(second?.time).toBe(1_700_000_000_000);
      subject.clock += 120_000;
      const [third] = await subject.log.append({ records: [message('room:a', '3')] });
      expect(third?.time).toBe(1_700_000_060_000);
    });

    test('refuses a record that is too large, and appends nothing of its append', async () => {
      const large = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(1000)) };
      await expect(
        subject.log.append({ records: [message('room:a', 'small'), large] }),
      ).rejects.toMatchObject({
        name: 'LogError',
        code: 'record_too_large',
        retryable: false,
      });
      expect((await subject.log.heads(['room:a']))[0]?.offset).toBe(0);
      const exact = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(998)) };
      await expect(subject.log.append({ records: [exact] })).resolves.toHaveLength(1);
    });

    test('counts bytes and not characters', async () => {
      const data = JSON.stringify('語'.repeat(400));
      expect(data.length).toBeLessThan(LIMITS.maxRecordBytes);
      await expect(
        subject.log.append({ records: [{ channel: 'room:a', sender: 'ada', data }] }),
      ).rejects.toMatchObject({
        code: 'record_too_large',
      });
    });

    test('refuses text that storage would change', async () => {
      const bad = ['a\0b', 'a\ud800', '\udc00b'];
      for (const text of bad) {
        await expect(
          subject.log.append({ records: [{ ...message('room:a', 'x'), key: text }] }),
        ).rejects.toThrow(TypeError);
        await expect(
          subject.log.append({ records: [{ ...message('room:a', 'x'), data: text }] }),
        ).rejects.toThrow(TypeError);
        await expect(subject.log.append({ records: [], facts: [{ key: text, value: '' }] })).rejects.toThrow(
          TypeError,
        );
      }
      expect((await subject.log.heads(['room:a']))[0]?.offset).toBe(0);
    });

    test('refuses more than may wait, and takes appends again when that has gone', async () => {
      const record = { channel: 'room:a', sender: 'ada', data: JSON.stringify('x'.repeat(900)) };
      const calls = Array.from({ length: 200 }, () => subject.log.append({ records: [record] }));
      const outcomes = await Promise.allSettled(calls);
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused.length).toBeGreaterThan(50);
      expect(refused.length).toBeLessThan(150);
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'full', retryable: true });
      const head = outcomes.length - refused.length;
      expect(await subject.log.append({ records: [record] })).toMatchObject([
        { position: { offset: head + 1 } },
      ]);
    });
  });

  describe('keys', () => {
    test('give the first position back for a retry', async () => {
      const record = message('room:a', 'once', 'k1');
      const [first] = await subject.log.append({ records: [record] });
      await subject.log.append({ records: [message('room:a', 'between')] });
      subject.clock += 1000;
      const [again] = await subject.log.append({ records: [record] });
      expect(again).toEqual({ ...first, duplicate: true });
      expect((await subject.log.heads(['room:a']))[0]?.offset).toBe(2);
    });

    test('give it back within one turn and within one append', async () => {
      const record = message('room:a', 'once', 'k1');
      const [[first], [second]] = await Promise.all([
        subject.log.append({ records: [record] }),
        subject.log.append({ records: [record] }),
      ]);
      expect([first?.duplicate, second?.duplicate]).toEqual([false, true]);
      expect(second?.position).toEqual(first?.position);
      const twice = await subject.log.append({
        records: [message('room:a', 'two', 'k2'), message('room:a', 'two', 'k2')],
      });
      expect(twice.map((entry) => [entry.position.offset, entry.duplicate])).toEqual([
        [2, false],
        [2, true],
      ]);
    });

    test('belong to a sender and a channel', async () => {
      const appended = await subject.log.append({
        records: [
          message('room:a', 'x', 'k', 'ada'),
          message('room:a', 'y', 'k', 'bob'),
          message('room:b', 'z', 'k', 'ada'),
        ],
      });
      expect(appended.map((entry) => entry.duplicate)).toEqual([false, false, false]);
    });

    test('cannot be mistaken for one another', async () => {
      const appended = await subject.log.append({
        records: [message('room:a', 'x', 'bc', 'a'), message('room:a', 'y', 'c', 'ab')],
      });
      expect(appended.map((entry) => entry.position.offset)).toEqual([1, 2]);
    });

    test('refuse other data, and nothing of that append is kept, while the others of its turn are', async () => {
      await subject.log.append({ records: [message('room:a', 'mine', 'k1')] });
      const [before, conflict, after] = await Promise.allSettled([
        subject.log.append({ records: [message('room:a', 'before')] }),
        subject.log.append({
          records: [message('room:a', 'lost'), message('room:b', 'lost'), message('room:a', 'other', 'k1')],
          facts: [{ key: 'fact', value: 'lost' }],
        }),
        subject.log.append({ records: [message('room:a', 'after')] }),
      ]);
      expect(before.status).toBe('fulfilled');
      expect(conflict).toMatchObject({
        status: 'rejected',
        reason: { code: 'key_conflict', retryable: false },
      });
      expect(after).toMatchObject({ status: 'fulfilled', value: [{ position: { offset: 3 } }] });
      const { records } = await subject.log.read({ channel: 'room:a', limit: 10 });
      expect(texts(records)).toEqual(['mine', 'before', 'after']);
      expect((await subject.log.heads(['room:b']))[0]?.offset).toBe(0);
      expect(await subject.log.facts('fact')).toEqual([]);
    });

    test('refuse other data within one append', async () => {
      const records = [message('room:a', 'one', 'k'), message('room:a', 'two', 'k')];
      await expect(subject.log.append({ records })).rejects.toMatchObject({ code: 'key_conflict' });
      expect((await subject.log.heads(['room:a']))[0]?.offset).toBe(0);
    });
  });

  describe('facts', () => {
    test('are changed with the records, and removed by null', async () => {
      await subject.log.append({ records: [message('room:a', 'x')], facts: [{ key: 'm/a', value: '1' }] });
      await subject.log.append({ records: [], facts: [{ key: 'm/b', value: '' }] });
      expect(await subject.log.facts('m/')).toEqual([
        { key: 'm/a', value: '1' },
        { key: 'm/b', value: '' },
      ]);
      await subject.log.append({
        records: [],
        facts: [
          { key: 'm/a', value: '2' },
          { key: 'm/b', value: null },
          { key: 'm/none', value: null },
        ],
      });
      expect(await subject.log.facts('m/')).toEqual([{ key: 'm/a', value: '2' }]);
    });

    test('come by prefix, in the order of their bytes', async () => {
      // By UTF-16 units the emoji would come before the half-width form.
      const keys = ['p/', 'p/a', 'p/Z', 'p/é', 'p/ｦ', 'p/😀', 'p', 'q/a', 'o/z', 'p0'];
      await subject.log.append({ records: [], facts: keys.map((key) => ({ key, value: key })) });
      const found = await subject.log.facts('p/');
      expect(found.map((fact) => fact.key)).toEqual(['p/', 'p/Z', 'p/a', 'p/é', 'p/ｦ', 'p/😀']);
      expect(await subject.log.facts('')).toHaveLength(keys.length);
      expect(await subject.log.facts('nothing')).toEqual([]);
    });

    test('stay as they are for a retry, which may be long out of date', async () => {
      const joined = {
        records: [message('room:a', 'joined', 'k')],
        facts: [{ key: 'm/ada', value: 'in' }],
      };
      await subject.log.append(joined);
      await subject.log.append({ records: [], facts: [{ key: 'm/ada', value: null }] });
      expect((await subject.log.append(joined))[0]?.duplicate).toBe(true);
      expect(await subject.log.facts('m/')).toEqual([]);
    });

    test('keep out what must not come after them, in the same commit too', async () => {
      const remove = (key: string) => ({
        records: [message('room:a', 'gone', key)],
        facts: [{ key: 'x/1', value: '' }],
        unless: 'x/1',
      });
      const edit = { records: [message('room:a', 'late')], facts: [{ key: 'y', value: '' }], unless: 'x/1' };
      const refused = { status: 'rejected', reason: { code: 'fact_exists', retryable: false } };
      const turn = await Promise.allSettled([
        subject.log.append({ records: [message('room:a', 'early')], unless: 'x/1' }),
        subject.log.append(remove('k1')),
        subject.log.append(edit),
        subject.log.append(remove('k2')),
        subject.log.append(remove('k1')),
        subject.log.append({ records: [], facts: [{ key: 'y', value: '' }], unless: 'x/1' }),
      ]);
      expect(turn).toMatchObject([
        { status: 'fulfilled' },
        { status: 'fulfilled', value: [{ position: { offset: 2 }, duplicate: false }] },
        refused,
        refused,
        { status: 'fulfilled', value: [{ position: { offset: 2 }, duplicate: true }] },
        refused,
      ]);
      await expect(subject.log.append(edit)).rejects.toMatchObject({ code: 'fact_exists' });
      expect(await subject.log.facts('')).toEqual([{ key: 'x/1', value: '' }]);
      await subject.log.append({ records: [], facts: [{ key: 'x/1', value: null }] });
      expect((await subject.log.append(edit))[0]?.position.offset).toBe(3);
      expect((await subject.log.append({ ...edit, unless: 'x/' }))[0]?.position.offset).toBe(4);
    });

    test('have keys of up to 1,024 bytes, and values of up to a record', async () => {
      await subject.log.append({ records: [], facts: [{ key: 'é'.repeat(512), value: 'x'.repeat(1000) }] });
      expect(await subject.log.facts('é')).toHaveLength(1);
      const longKey = { key: `${'é'.repeat(512)}x`, value: '' };
      await expect(subject.log.append({ records: [], facts: [longKey] })).rejects.toThrow(TypeError);
      const longValue = { key: 'k', value: 'x'.repeat(1001) };
      await expect(subject.log.append({ records: [], facts: [longValue] })).rejects.toMatchObject({
        code: 'record_too_large',
      });
    });
  });
}
