/** What every log must do with facts: change them with the records that cause them, and only where they permit it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FactChange } from '../../src/log/log.js';
import { factOf, factsOf, fill, idsOf, listen, message, range, type Subject } from './subject.js';

export function describeFacts(subject: Subject): void {
  describe('facts', () => {
    test('are changed with the records, and removed by null', async () => {
      await subject.log.append({ records: [message('room:a', 'x')], facts: [{ key: 'm/a', value: '1' }] });
      await subject.log.append({ records: [], facts: [{ key: 'm/b', value: '' }] });
      expect(await factsOf(subject.log, 'm/')).toEqual({ 'm/a': '1', 'm/b': '' });
      await subject.log.append({
        records: [],
        facts: [
          { key: 'm/a', value: '2' },
          { key: 'm/b', value: null },
          { key: 'm/none', value: null },
        ],
      });
      expect(await factsOf(subject.log, 'm/')).toEqual({ 'm/a': '2' });
    });

    test('are read by key, in the order asked for, the same one twice too', async () => {
      await subject.log.append({
        records: [],
        facts: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      });
      const { facts } = await subject.log.facts(['b', 'none', 'a', 'b']);
      expect(facts.map((fact) => fact?.value)).toEqual(['2', undefined, '1', '2']);
      expect((await subject.log.facts([])).facts).toEqual([]);
    });

    test('are as one moment has them, which is named by its last id', async () => {
      await fill(subject, 'room:a', 3);
      await subject.log.append({ records: [message('room:a', 'x')], facts: [{ key: 'f', value: '1' }] });
      expect(await subject.log.facts(['f'])).toEqual({ facts: [{ key: 'f', value: '1', id: 4 }], id: 4 });
      expect(await subject.log.list('f', 10)).toEqual({ facts: [{ key: 'f', value: '1', id: 4 }], id: 4 });
    });

    test('bear the lowest id of the append that changed them', async () => {
      await fill(subject, 'room:a', 2);
      await subject.log.append({
        records: [message('room:a', '3', 'k'), message('room:b', '1'), message('room:a', '4')],
        facts: [
          { key: 'one', value: '1' },
          { key: 'two', add: 2 },
          { key: 'three', atLeast: 3 },
        ],
      });
      const { facts } = await subject.log.list('', 10);
      expect(idsOf(facts)).toEqual([3, 3, 3]);
      // Of its own records: what was there already is an earlier append's.
      await subject.log.append({
        records: [message('room:a', '3', 'k'), message('room:b', '2')],
        facts: [{ key: 'two', add: 1 }],
      });
      expect(await factOf(subject.log, 'two')).toEqual({ key: 'two', value: '3', id: 6 });
    });

    test('bear, changed without a record, the id of the last one before', async () => {
      await subject.log.append({ records: [], facts: [{ key: 'early', value: '1' }] });
      expect(await factOf(subject.log, 'early')).toMatchObject({ id: 1 });
      expect(subject.log.position).toBe(0);
      await fill(subject, 'room:a', 4);
      expect(await subject.log.append({ records: [], facts: [{ key: 'late', value: '1' }] })).toEqual([]);
      expect(await factOf(subject.log, 'late')).toMatchObject({ id: 4 });
      expect(subject.log.position).toBe(4);
    });

    test('come by prefix, in the order of their bytes', async () => {
      // By UTF-16 units the emoji would come before the half-width form.
      const keys = ['p/', 'p/a', 'p/Z', 'p/é', 'p/ｦ', 'p/😀', 'p', 'q/a', 'o/z', 'p0', 'p%', 'p_', 'P/a'];
      await subject.log.append({ records: [], facts: keys.map((key) => ({ key, value: key })) });
      const keysOf = async (prefix: string, limit = 100, after?: string) =>
        (await subject.log.list(prefix, limit, after)).facts.map((fact) => fact.key);
      expect(await keysOf('p/')).toEqual(['p/', 'p/Z', 'p/a', 'p/é', 'p/ｦ', 'p/😀']);
      expect(await keysOf('')).toHaveLength(keys.length);
      expect(await keysOf('nothing')).toEqual([]);
      expect(await keysOf('p%')).toEqual(['p%']);
      expect(await keysOf('p_')).toEqual(['p_']);
      expect(await keysOf('p/', 2)).toEqual(['p/', 'p/Z']);
      expect(await keysOf('p/', 2, 'p/Z')).toEqual(['p/a', 'p/é']);
      expect(await keysOf('p/', 9, 'p/ｦ')).toEqual(['p/😀']);
      expect(await keysOf('p/', 9, 'p/😀')).toEqual([]);
      // From keys that are not there, and from before and behind the prefix.
      expect(await keysOf('p/', 1, 'p/b')).toEqual(['p/é']);
      expect(await keysOf('p/', 1, 'a')).toEqual(['p/']);
      expect(await keysOf('p/', 1, 'q')).toEqual([]);
    });

    test('come in pages that adjoin, whatever the keys', async () => {
      const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', 'ｦ', '😀'), maxLength: 4 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(key),
          key,
          fc.integer({ min: 1, max: 4 }),
          async (keys, more, limit) => {
            const root = `${++run}:`;
            await subject.log.append({
              records: [],
              facts: keys.map((each) => ({ key: root + each, value: each })),
            });
            const found: string[] = [];
            for (let after: string | undefined; ; ) {
              const { facts } = await subject.log.list(root + more, limit, after);
              found.push(...facts.map((fact) => fact.key));
              expect(facts.length).toBeLessThanOrEqual(limit);
              if (facts.length < limit) break;
              after = facts.at(-1)!.key;
            }
            const expected = keys
              .filter((each) => each.startsWith(more))
              .map((each) => Buffer.from(root + each))
              .sort((a, b) => Buffer.compare(a, b))
              .map(String);
            expect(found).toEqual(expected);
          },
        ),
        { numRuns: 25 },
      );
    });

    test('stay as they are for a retry, which may be long out of date', async () => {
      const joined = {
        records: [message('room:a', 'joined', 'k')],
        facts: [
          { key: 'm/ada', value: 'in' },
          { key: 'n/a', add: 1 },
        ],
      };
      await subject.log.append(joined);
      await subject.log.append({ records: [], facts: [{ key: 'm/ada', value: null }] });
      expect((await subject.log.append(joined))[0]?.duplicate).toBe(true);
      expect(await factsOf(subject.log)).toEqual({ 'n/a': '1' });
    });

    test('stay as they are where the append fails', async () => {
      await subject.log.append({
        records: [message('room:a', 'mine', 'k')],
        facts: [{ key: 'f', value: '1' }],
      });
      const facts: FactChange[] = [
        { key: 'f', value: null },
        { key: 'g', add: 1 },
      ];
      const failing = [
        { records: [message('room:a', 'other', 'k')], facts },
        { records: [message('room:a', 'x')], facts, unless: 'f' },
        { records: [message('room:a', 'x')], facts, when: [{ key: 'f', id: 0 }] },
      ];
      for (const append of failing) {
        await expect(subject.log.append(append)).rejects.toMatchObject({ name: 'LogError' });
      }
      expect(await factsOf(subject.log)).toEqual({ f: '1' });
      expect(subject.log.position).toBe(1);
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
      expect(await factsOf(subject.log)).toEqual({ 'x/1': '' });
      await subject.log.append({ records: [], facts: [{ key: 'x/1', value: null }] });
      expect((await subject.log.append(edit))[0]?.position.offset).toBe(3);
      expect((await subject.log.append({ ...edit, unless: 'x/' }))[0]?.position.offset).toBe(4);
    });

    test('have keys of up to 1,024 bytes, and values of up to a record', async () => {
      await subject.log.append({ records: [], facts: [{ key: 'é'.repeat(512), value: 'x'.repeat(1000) }] });
      expect(Object.keys(await factsOf(subject.log, 'é'))).toHaveLength(1);
      const longKey = { key: `${'é'.repeat(512)}x`, value: '' };
      await expect(subject.log.append({ records: [], facts: [longKey] })).rejects.toThrow(TypeError);
      const longValue = { key: 'k', value: 'x'.repeat(1001) };
      await expect(subject.log.append({ records: [], facts: [longValue] })).rejects.toMatchObject({
        code: 'record_too_large',
      });
    });
  });

  describe('when', () => {
    const changed = { code: 'fact_changed', retryable: true };
    const write = (id: number, key = 'role') => ({
      records: [message('room:a', 'x')],
      when: [{ key, id }],
    });

    test('lets through what the facts still permit', async () => {
      await subject.log.append({ records: [message('room:a', '1')], facts: [{ key: 'role', value: 'a' }] });
      await expect(subject.log.append(write(1))).resolves.toHaveLength(1);
      await expect(subject.log.append(write(0, 'none'))).resolves.toHaveLength(1);
      await expect(subject.log.append({ records: [], when: [{ key: 'role', id: 1 }] })).resolves.toEqual([]);
    });

    test('keeps out what a change, a removal or a new fact has overtaken', async () => {
      await subject.log.append({ records: [message('room:a', '1')], facts: [{ key: 'role', value: 'a' }] });
      await expect(subject.log.append(write(0))).rejects.toMatchObject(changed);
      await subject.log.append({ records: [message('room:a', '2')], facts: [{ key: 'role', value: 'a' }] });
      await expect(subject.log.append(write(1))).rejects.toMatchObject(changed);
      await expect(subject.log.append(write(2))).resolves.toHaveLength(1);
      await subject.log.append({ records: [message('room:a', '4')], facts: [{ key: 'role', value: null }] });
      await expect(subject.log.append(write(2))).rejects.toMatchObject(changed);
      await expect(subject.log.append(write(0))).resolves.toHaveLength(1);
      await expect(subject.log.append(write(9, 'none'))).rejects.toMatchObject(changed);
    });

    test('asks for all of them', async () => {
      await subject.log.append({
        records: [message('room:a', '1')],
        facts: [
          { key: 'one', value: '' },
          { key: 'two', value: '' },
        ],
      });
      const of = (one: number, two: number) =>
        subject.log.append({
          records: [message('room:a', 'x')],
          when: [
            { key: 'one', id: one },
            { key: 'two', id: two },
          ],
        });
      await expect(of(1, 1)).resolves.toHaveLength(1);
      await expect(of(1, 0)).rejects.toMatchObject(changed);
      await expect(of(0, 1)).rejects.toMatchObject(changed);
    });

    test('is judged in the commit: of the writers of one turn, one wins', async () => {
      const claims = range(1, 10).map((writer) =>
        subject.log.append({
          records: [message('room:a', `${writer}`)],
          facts: [{ key: 'owner', value: `${writer}` }],
          when: [{ key: 'owner', id: 0 }],
        }),
      );
      const outcomes = await Promise.allSettled(claims);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(changed);
      }
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled') + 1;
      expect(await factsOf(subject.log)).toEqual({ owner: `${winner}` });
      expect(subject.log.position).toBe(1);
    });

    test('is not asked of a retry, whose first append was permitted', async () => {
      const append = {
        records: [message('room:a', 'x', 'k')],
        facts: [{ key: 'owner', value: 'ada' }],
        when: [{ key: 'owner', id: 0 }],
      };
      await subject.log.append(append);
      expect((await subject.log.append(append))[0]?.duplicate).toBe(true);
    });
  });

  describe('counting facts', () => {
    test('atLeast goes forward only, and keeps the id where it does not', async () => {
      const set = (atLeast: number) =>
        subject.log.append({ records: [message('room:a', 'x')], facts: [{ key: 'p', atLeast }] });
      await set(5);
      expect(await factOf(subject.log, 'p')).toEqual({ key: 'p', value: '5', id: 1 });
      await set(4);
      await set(5);
      expect(await factOf(subject.log, 'p')).toEqual({ key: 'p', value: '5', id: 1 });
      await set(10);
      expect(await factOf(subject.log, 'p')).toEqual({ key: 'p', value: '10', id: 4 });
      await Promise.all([set(300), set(200), set(1000), set(999)]);
      expect((await factOf(subject.log, 'p'))?.value).toBe('1000');
    });

    test('atLeast 0 is there', async () => {
      await subject.log.append({ records: [], facts: [{ key: 'p', atLeast: 0 }] });
      expect(await factsOf(subject.log)).toEqual({ p: '0' });
    });

    test('add adds, also several times in one turn and in one append, and 0 is nothing', async () => {
      const add = (count: number) => subject.log.append({ records: [], facts: [{ key: 'n', add: count }] });
      await Promise.all([add(1), add(1), add(5), add(-2)]);
      expect(await factsOf(subject.log)).toEqual({ n: '5' });
      await add(-7);
      expect(await factsOf(subject.log)).toEqual({ n: '-2' });
      await subject.log.append({
        records: [],
        facts: [
          { key: 'n', add: 1 },
          { key: 'n', add: 1 },
        ],
      });
      expect(await factsOf(subject.log)).toEqual({});
      await add(0);
      expect(await factsOf(subject.log)).toEqual({});
    });

    test('of several changes of one fact in an append the later ones build on the earlier', async () => {
      await subject.log.append({
        records: [message('room:a', 'x')],
        facts: [
          { key: 'a', value: '5' },
          { key: 'a', add: 2 },
          { key: 'b', add: 3 },
          { key: 'b', atLeast: 2 },
          { key: 'c', value: 'x' },
          { key: 'c', value: null },
        ],
      });
      expect(await factsOf(subject.log)).toEqual({ a: '7', b: '3' });
    });

    test('refuse what is no whole number', async () => {
      for (const number of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        for (const change of [
          { key: 'p', atLeast: number },
          { key: 'p', add: number },
        ]) {
          await expect(subject.log.append({ records: [], facts: [change] })).rejects.toThrow(TypeError);
        }
      }
    });
  });

  describe('changes', () => {
    const changesOf = (
      changes: readonly { readonly key: string; readonly value: string | null }[] | undefined,
    ) => changes && Object.fromEntries(changes.map(({ key, value }) => [key, value]));

    test('are told with the first record of their append, as the facts are after it', async () => {
      await subject.log.append({
        records: [],
        facts: [
          { key: 'old', value: '1' },
          { key: 'count', add: 2 },
        ],
      });
      const listening = listen(subject.log);
      await subject.log.append({
        records: [message('feed:ada', '1'), message('room:a', '1')],
        facts: [
          { key: 'new', value: 'x' },
          { key: 'old', value: null },
          { key: 'count', add: 1 },
          { key: 'place', atLeast: 7 },
        ],
      });
      await subject.log.append({ records: [message('room:a', '2')] });
      const [first, second, third] = listening.records;
      expect(changesOf(first?.changes)).toEqual({ new: 'x', old: null, count: '3', place: '7' });
      expect(first).toMatchObject({ id: 1, channel: 'feed:ada' });
      expect(second).not.toHaveProperty('changes');
      expect(third).not.toHaveProperty('changes');
    });

    test('of an append with duplicates are told with the first record that is new', async () => {
      await subject.log.append({ records: [message('room:a', '1', 'k')] });
      const listening = listen(subject.log);
      await subject.log.append({
        records: [message('room:a', '1', 'k'), message('room:a', '2'), message('room:a', '3')],
        facts: [{ key: 'f', value: '1' }],
      });
      expect(idsOf(listening.records)).toEqual([2, 3]);
      expect(changesOf(listening.records[0]?.changes)).toEqual({ f: '1' });
    });

    test('of different appends in one turn are each told with their own', async () => {
      const listening = listen(subject.log);
      await Promise.all(
        range(1, 5).map((number) =>
          subject.log.append({
            records: [message('room:a', `${number}`), message('room:b', `${number}`)],
            facts: [{ key: 'count', add: 1 }],
          }),
        ),
      );
      const told = listening.records.filter(({ changes }) => changes !== undefined);
      expect(told.map(({ channel }) => channel)).toEqual(Array.from({ length: 5 }, () => 'room:a'));
      expect(told.map(({ changes }) => changesOf(changes))).toEqual(
        range(1, 5).map((number) => ({ count: `${number}` })),
      );
    });
  });
}
