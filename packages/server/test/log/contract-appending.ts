/** What every log must do with the records it is given, and with their keys. */
import { describe, expect, test } from 'vitest';
import { factsOf, fill, idsOf, message, range, type Subject, texts } from './subject.js';

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

    test('counts ids over all channels from 1, without holes', async () => {
      expect(subject.log.position).toBe(0);
      const calls = range(1, 30).map((count) =>
        subject.log.append({ records: range(1, count % 4).map((text) => message(`room:${text}`, 'x')) }),
      );
      const ids = (await Promise.all(calls)).map((appended) => idsOf(appended));
      const count = ids.flat().length;
      expect(ids.flat()).toEqual(range(1, count));
      expect(subject.log.position).toBe(count);
    });

    test('counts nothing for what fails: neither ids nor offsets have holes', async () => {
      await subject.log.append({ records: [message('room:a', '1', 'k')] });
      const turn = await Promise.allSettled([
        subject.log.append({ records: [message('room:a', '2')] }),
        subject.log.append({ records: [message('room:a', 'lost'), message('room:a', 'other', 'k')] }),
        subject.log.append({ records: [message('room:b', 'lost')], when: [{ key: 'f', id: 7 }] }),
        subject.log.append({ records: [message('room:a', '3')] }),
      ]);
      expect(turn.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      const { records } = await subject.log.read({ channel: 'room:a', limit: 10 });
      expect(records.map(({ id, offset }) => [id, offset])).toEqual([
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
      expect(texts(records)).toEqual(['1', '2', '3']);
      expect(subject.log.position).toBe(3);
    });

    test('has one epoch from the first id on, which every position bears', async () => {
      expect(subject.log.epochs).toEqual([{ name: expect.any(String), first: 1 }]);
      const { name } = subject.log.epochs[0]!;
      expect(name).not.toBe('');
      await fill(subject, 'room:a', 3);
      const [last] = await subject.log.append({ records: [message('room:b', 'x')] });
      expect(last?.position).toEqual({ epoch: name, offset: 1 });
      expect((await subject.log.read({ channel: 'room:a', limit: 1 })).head).toEqual({
        epoch: name,
        offset: 3,
      });
    });

    test('takes an append with nothing in it', async () => {
      await expect(subject.log.append({ records: [] })).resolves.toEqual([]);
    });

    test('gives back what it was given, as it was given', async () => {
      const data = '{ "type":"message",  "text":"z\\u0000 \\ud83d 👩‍👩‍👧 שלום \\n" }';
      const [appended] = await subject.log.append({
        records: [{ channel: 'room:日本語', sender: 'Ædith', key: 'k "1"\n', data }],
      });
      const time = subject.ownClock ? appended!.time : subject.clock;
      expect(appended).toMatchObject({ time, position: { epoch: subject.log.epochs[0]!.name, offset: 1 } });
      const { records } = await subject.log.read({ channel: 'room:日本語', limit: 1 });
      expect(records).toEqual([
        { channel: 'room:日本語', sender: 'Ædith', key: 'k "1"\n', data, id: 1, offset: 1, time },
      ]);
      await subject.log.append({ records: [message('room:日本語', 'keyless')] });
      const [keyless] = (await subject.log.read({ channel: 'room:日本語', after: 1, limit: 1 })).records;
      expect(keyless).not.toHaveProperty('key');
    });

    test('goes by a clock that may go back, while the order does not', async () => {
      const [first] = await subject.log.append({ records: [message('room:a', '1')] });
      subject.clock -= 60_000;
      const [back] = await subject.log.append({ records: [message('room:a', '2')] });
      expect([first?.id, back?.id]).toEqual([1, 2]);
      const { records } = await subject.log.read({ channel: 'room:a', limit: 10 });
      expect(records.map(({ time }) => time)).toEqual([first?.time, back?.time]);
      if (subject.ownClock) return;
      expect([first?.time, back?.time]).toEqual([1_700_000_000_000, 1_699_999_940_000]);
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
      expect(data.length).toBeLessThan(1000);
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
        for (const append of [
          { records: [], facts: [{ key: text, value: '' }] },
          { records: [], facts: [{ key: 'k', value: text }] },
          { records: [], unless: text },
          { records: [], when: [{ key: text, id: 0 }] },
          { records: [message('room:a', 'x')], redact: [{ id: 1, data: text }] },
        ]) {
          await expect(subject.log.append(append)).rejects.toThrow(TypeError);
        }
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

    test('of an append some of whose records are there already append the others', async () => {
      await subject.log.append({ records: [message('room:a', '1', 'k1'), message('room:a', '2', 'k2')] });
      const appended = await subject.log.append({
        records: [
          message('room:a', '3', 'k3'),
          message('room:a', '1', 'k1'),
          message('room:b', '1', 'k1'),
          message('room:a', '4'),
        ],
        facts: [{ key: 'f', value: 'set' }],
      });
      expect(appended.map(({ id, position, duplicate }) => [id, position.offset, duplicate])).toEqual([
        [3, 3, false],
        [1, 1, true],
        [4, 1, false],
        [5, 4, false],
      ]);
      expect(await factsOf(subject.log)).toEqual({ f: 'set' });
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
      expect(await factsOf(subject.log)).toEqual({});
    });

    test('refuse other data within one append', async () => {
      const records = [message('room:a', 'one', 'k'), message('room:a', 'two', 'k')];
      await expect(subject.log.append({ records })).rejects.toMatchObject({ code: 'key_conflict' });
      expect((await subject.log.heads(['room:a']))[0]?.offset).toBe(0);
    });
  });
}
