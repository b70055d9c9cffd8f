import type { Gap } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { type ChannelRecords, check } from '../../src/verify/check.js';
import { Journal, type Seen } from '../../src/verify/journal.js';

const CHANNEL = 'room:a';

const record = (offset: number, more: Partial<Seen> = {}): Seen => ({
  epoch: 'e',
  offset,
  sender: 'bob',
  key: `k${offset}`,
  data: JSON.stringify({ type: 'message', text: `t${offset}` }),
  ...more,
});

const log = (...records: Seen[]): ChannelRecords => ({ channel: CHANNEL, epoch: 'e', records });

/** A reader that began behind the first record and saw these. */
function reader(...seen: Seen[]): Journal {
  const journal = new Journal('alice', 'bare sse');
  journal.baseline.set(CHANNEL, { epoch: 'e', offset: 1 });
  journal.seen.set(CHANNEL, seen);
  return journal;
}

/** Bob, who sent these by their offsets and had them acknowledged. */
function sender(...offsets: number[]): Journal {
  const journal = new Journal('bob', 'client');
  for (const offset of offsets) {
    const acknowledged = [{ position: { epoch: 'e', offset }, duplicate: false }];
    journal.sent.push({ channel: CHANNEL, key: `k${offset}`, text: `t${offset}`, acknowledged });
  }
  return journal;
}

const gap = (from: number, to: number, reason: Gap['reason'] = 'retention'): Gap => ({
  channel: CHANNEL,
  reason,
  epoch: 'e',
  from,
  to,
  oldest: to + 1,
  head: 9,
});

const kinds = (journals: Journal[], ...logs: ChannelRecords[]): string[] =>
  check(journals, logs).map(({ kind }) => kind);

const FOUR = log(record(1), record(2), record(3), record(4));

describe('check', () => {
  it('has nothing to say when everyone saw what the log holds', () => {
    expect(check([reader(record(2), record(3), record(4)), sender(1, 2, 3, 4)], [FOUR])).toEqual([]);
  });

  it.each<[string, Journal, string]>([
    ['the last one', reader(record(2), record(3)), 'skipped'],
    ['one in the middle', reader(record(2), record(4)), 'skipped'],
    ['all of them', reader(), 'skipped'],
  ])('finds that a reader was not given %s', (_, journal, kind) => {
    expect(kinds([journal], FOUR)).toEqual([kind]);
  });

  it('finds what was given twice, and what came late', () => {
    expect(kinds([reader(record(2), record(3), record(3), record(4))], FOUR)).toEqual(['doubled']);
    expect(kinds([reader(record(2), record(4), record(3))], FOUR)).toEqual(['skipped', 'reordered']);
  });

  it('finds what came other than the log holds it', () => {
    expect(kinds([reader(record(2), record(3, { data: '{}' }), record(4))], FOUR)).toEqual(['altered']);
    expect(kinds([reader(record(2), record(3, { sender: 'eve' }), record(4))], FOUR)).toEqual(['altered']);
    expect(kinds([reader(record(2), record(3, { epoch: 'f' }), record(4))], FOUR)).toEqual(['log']);
  });

  it('finds what a reader was given and the log does not hold', () => {
    expect(kinds([reader(record(2), record(3), record(4), record(5))], FOUR)).toEqual(['lost']);
  });

  it('finds an acknowledged message that is not there, or is somewhere else', () => {
    expect(kinds([sender(5)], FOUR)).toEqual(['lost']);
    const moved = sender(3);
    moved.sent[0]!.acknowledged.push({ position: { epoch: 'e', offset: 4 }, duplicate: true });
    expect(kinds([moved], FOUR)).toEqual(['lost']);
    const other = sender(3);
    other.sent[0]!.acknowledged.push({ position: { epoch: 'f', offset: 3 }, duplicate: true });
    expect(kinds([other], FOUR)).toEqual(['lost']);
  });

  it('does not mind a message without an acknowledgement, whether the log holds it or not', () => {
    const journal = new Journal('bob', 'client');
    for (const key of ['k2', 'k99']) {
      journal.sent.push({ channel: CHANNEL, key, text: 't2', acknowledged: [] });
    }
    expect(kinds([journal], FOUR)).toEqual([]);
  });

  it('finds a message that the log holds twice', () => {
    expect(kinds([], log(record(1), record(2, { key: 'k1' })))).toEqual(['doubled']);
    expect(kinds([], log(record(1), record(2, { key: 'k1', sender: 'eve' })))).toEqual([]);
  });

  it('finds messages that the log holds in another order than they were sent', () => {
    expect(kinds([sender(3, 2)], FOUR)).toEqual(['reordered']);
  });

  it('finds a message that the log holds with another text, and one that was refused', () => {
    const journal = sender(3);
    Object.assign(journal.sent[0]!, { text: 'something else' });
    expect(kinds([journal], FOUR)).toEqual(['altered']);
    journal.sent[0]!.refused = 'not_a_member';
    expect(kinds([journal], FOUR)).toEqual(['stuck']);
  });

  it('finds a hole in the log', () => {
    expect(kinds([], log(record(1), record(3)))).toContain('log');
  });

  it('takes a gap that was told for records that are gone, and for nothing else', () => {
    const trimmed = log(record(4), record(5));
    const told = reader(record(4), record(5));
    told.gaps.push(gap(2, 3));
    expect(kinds([told], trimmed)).toEqual([]);
    expect(kinds([reader(record(4), record(5))], trimmed)).toEqual(['skipped']);
    const untrue = reader(record(4));
    untrue.gaps.push(gap(2, 3));
    expect(kinds([untrue], FOUR)).toEqual(['untrue-gap']);
    const another = reader(record(2), record(3), record(4));
    another.gaps.push(gap(1, 0, 'epoch'));
    expect(kinds([another], FOUR)).toEqual(['untrue-gap']);
  });

  it('wants of a reader that joined on the way everything from the joining on', () => {
    const joined = (...seen: Seen[]): Journal => {
      const journal = new Journal('alice', 'client');
      journal.joined.push({ channel: CHANNEL, position: { epoch: 'e', offset: 2 } });
      journal.seen.set(CHANNEL, seen);
      return journal;
    };
    expect(kinds([joined(record(2), record(3), record(4))], FOUR)).toEqual([]);
    expect(kinds([joined(record(3), record(4))], FOUR)).toEqual([]);
    expect(kinds([joined(record(4))], FOUR)).toEqual(['skipped']);
    expect(kinds([joined()], FOUR)).toEqual(['skipped']);
  });

  it('wants nothing of a reader that does not belong', () => {
    expect(kinds([new Journal('alice', 'client')], FOUR)).toEqual([]);
  });

  it('passes on what a participant complained of', () => {
    const journal = new Journal('alice', 'client');
    journal.complain('sync was refused: bad_request');
    expect(check([journal], [])).toEqual([{ kind: 'stuck', what: 'alice: sync was refused: bad_request' }]);
  });
});
