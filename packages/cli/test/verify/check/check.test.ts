import type { Gap } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/verify/check/check.js';
import { checkPlain } from '../../../src/verify/check/check-plain.js';
import { Journal, type Sent } from '../../../src/verify/journal.js';
import { digest, type StoredChannel, type StoredRecord, Truth } from '../../../src/verify/truth/truth.js';

const A = 'room:a';
const B = 'room:b';

const data = (text: string) => ({ type: 'message', text });

/** A message of bob's; its text and key follow from its place. */
const message = (
  id: number,
  offset: number,
  channel = A,
  more: Partial<StoredRecord> = {},
): StoredRecord => ({
  id,
  channel,
  offset,
  sender: 'bob',
  key: `${channel}-${offset}`,
  data: JSON.stringify(data(`${channel} ${offset}`)),
  ...more,
});

/** That alice and bob belong to both rooms, from the first ids on. */
function membership(
  id: number,
  user: string,
  channel: string,
  value: string | null = 'member',
): StoredRecord {
  return {
    id,
    channel: `user:${user}`,
    offset: channel === A ? 1 : 2,
    sender: user,
    data: JSON.stringify({ type: value === null ? 'left' : 'joined', user, channel }),
    changes: [{ key: `b/${user}/${channel}`, value }],
  };
}

const BEGIN = [
  membership(1, 'alice', A),
  membership(2, 'alice', B),
  membership(3, 'bob', A),
  membership(4, 'bob', B),
];
const FOUR = [message(5, 1), message(6, 1, B), message(7, 2), message(8, 2, B)];

const FACTS = new Map(
  ['a', 'b'].flatMap((room): [string, string][] => [
    ...['alice', 'bob'].flatMap((user): [string, string][] => [
      [`b/${user}/room:${room}`, 'member'],
      [`m/${room}/${user}`, 'member'],
    ]),
    [`n/room:${room}`, '2'],
  ]),
);

function truthOf(records: readonly StoredRecord[], channels: readonly StoredChannel[] = []): Truth {
  const names = [...new Set(['user:alice', 'user:bob', A, B, ...records.map(({ channel }) => channel)])];
  const all = names.map((name) => channels.find((one) => one.name === name) ?? { name, oldest: 1, floor: 0 });
  return new Truth({ epochs: [{ name: 'e', first: 1 }], channels: all, records, facts: FACTS });
}

const WHOLE = truthOf([...BEGIN, ...FOUR]);

function saw(journal: Journal, { channel, offset, data, sender, key, id }: StoredRecord): void {
  const info = { user: sender, ...(key !== undefined && { key }) };
  journal.saw(channel, 'e', { offset, data: JSON.parse(data) as unknown, info }, id);
}

/** Alice, who began behind the memberships and was given these. */
function reader(...records: StoredRecord[]): Journal {
  const journal = new Journal('alice', 'bare', 'bare sse');
  journal.place = 4;
  for (const record of records) saw(journal, record);
  return journal;
}

/** Bob, who sent these and had them acknowledged. */
function sender(...records: StoredRecord[]): Journal {
  const journal = new Journal('bob', 'writer', 'client');
  for (const record of records) journal.sent.push(sentAs(record));
  return journal;
}

function sentAs({ channel, key = '', offset, data: json }: StoredRecord): Sent {
  const { text } = JSON.parse(json) as { text: string };
  const acknowledged = [{ position: { epoch: 'e', offset }, duplicate: false }];
  return { channel, key, text, data: digest(JSON.parse(json)), acknowledged };
}

const BOB = sender(...FOUR);

const kinds = (truth: Truth, ...journals: Journal[]): string[] =>
  check(journals, truth).map(({ kind }) => kind);

const gap = (to: number, reason: Gap['reason'] = 'retention'): Gap => ({
  channel: A,
  reason,
  epoch: 'e',
  to,
  oldest: to + 1,
  head: 9,
});

describe('check', () => {
  it('has nothing to say when everyone was given what the log holds', () => {
    expect(check([reader(...FOUR), BOB], WHOLE)).toEqual([]);
  });

  it('passes on what a participant complained of', () => {
    const journal = reader(...FOUR);
    journal.complain('sync was refused: bad_request');
    expect(check([journal, BOB], WHOLE)).toEqual([
      { kind: 'stuck', what: 'alice: sync was refused: bad_request' },
    ]);
  });
});

describe('of a reader, check', () => {
  it.each<[string, readonly number[], string[]]>([
    ['was not given the last one', [0, 1, 2], ['skipped']],
    ['was not given one in the middle', [1, 2, 3], ['skipped']],
    ['was given nothing', [], ['skipped', 'skipped']],
    ['was given one twice', [0, 1, 1, 2, 3], ['doubled']],
    ['was given a later one first', [2, 0, 1, 3], ['skipped', 'reordered', 'reordered']],
    ['was given conversations one after the other', [0, 2, 1, 3], ['reordered']],
  ])('finds that it %s', (_, order, expected) => {
    expect(kinds(WHOLE, reader(...order.map((index) => FOUR[index]!)), BOB)).toEqual(expected);
  });

  it('lets the client sort each conversation by itself', () => {
    const journal = new Journal('alice', 'client', 'client');
    journal.place = 4;
    for (const index of [0, 2, 1, 3]) saw(journal, FOUR[index]!);
    expect(kinds(WHOLE, journal, BOB)).toEqual([]);
  });

  it('finds what came other than the log holds it, and what it does not hold', () => {
    const other = (more: Partial<StoredRecord>): string[] =>
      kinds(WHOLE, reader(FOUR[0]!, FOUR[1]!, { ...FOUR[2]!, ...more }, FOUR[3]!), BOB);
    expect(other({ data: '{}' })).toEqual(['altered']);
    expect(other({ sender: 'eve' })).toEqual(['altered']);
    expect(other({ id: 70 })).toEqual(['altered']);
    expect(kinds(WHOLE, reader(...FOUR, message(9, 3)), BOB)).toEqual(['lost']);
  });

  it('takes what was deleted in either form', () => {
    const deleted = JSON.stringify({ type: 'deleted' });
    const truth = truthOf([...BEGIN, ...FOUR.slice(0, 3), { ...FOUR[3]!, data: deleted, redacted: true }]);
    expect(kinds(truth, reader(...FOUR), BOB)).toEqual([]);
    expect(kinds(truth, reader(...FOUR.slice(0, 3), { ...FOUR[3]!, data: deleted }), BOB)).toEqual([]);
    // Nobody may have it that way as long as it is there.
    expect(kinds(WHOLE, reader(...FOUR.slice(0, 3), { ...FOUR[3]!, data: deleted }), BOB)).toEqual([
      'altered',
    ]);
  });

  it('wants to be told of what retention took', () => {
    const trimmed = truthOf([...BEGIN, ...FOUR.slice(1)], [{ name: A, oldest: 2, floor: 5 }]);
    const told = reader();
    told.baseline.set(A, { epoch: 'e', offset: 0 });
    told.missed(gap(1));
    for (const record of FOUR.slice(1)) saw(told, record);
    expect(kinds(trimmed, told, BOB)).toEqual([]);
    const untold = reader(...FOUR.slice(1));
    untold.baseline.set(A, { epoch: 'e', offset: 0 });
    expect(kinds(trimmed, untold, BOB)).toEqual(['untold-gap']);
    expect(kinds(trimmed, reader(...FOUR), BOB)).toEqual([]);
  });

  it('finds a gap that is none', () => {
    for (const untrue of [gap(1), gap(0, 'epoch')]) {
      const journal = reader(...FOUR);
      journal.missed(untrue);
      expect(kinds(WHOLE, journal, BOB)).toEqual(['untrue-gap']);
    }
  });

  it('finds what it had no right to, before it belonged and after', () => {
    // Alice leaves A at 6, and is back at 8.
    const records = [
      ...BEGIN,
      message(5, 1),
      { ...membership(6, 'alice', A, null), offset: 3 },
      message(7, 2),
      { ...membership(8, 'alice', A), offset: 4 },
      message(9, 3),
    ];
    const truth = truthOf(records);
    const bob = sender(records[4]!, records[6]!, records[8]!);
    const given = (...ids: number[]): string[] =>
      kinds(truth, reader(...records.filter(({ id }) => ids.includes(id ?? 0))), bob);
    expect(given(5, 6, 8, 9)).toEqual([]);
    // What came before it left need not be given any more.
    expect(given(6, 8, 9)).toEqual([]);
    expect(given(5, 6, 7, 8, 9)).toEqual(['early']);
    expect(given(5, 6, 8)).toEqual(['skipped']);
    const gone = truthOf(records.slice(0, 7));
    expect(kinds(gone, reader(...records.slice(4, 7)), bob)).toContain('unentitled');
  });

  it('finds that its place was refused without a reason', () => {
    const journal = reader(...FOUR);
    journal.beganAnew();
    expect(kinds(WHOLE, journal, BOB)).toEqual(['log']);
  });
});

describe('of what was sent, check', () => {
  const found = (truth: Truth, journal: Journal): string[] => kinds(truth, journal);

  it('finds an acknowledged message that is not there, or is somewhere else', () => {
    expect(found(WHOLE, sender(...FOUR, message(9, 3)))).toEqual(['lost']);
    const moved = sender(...FOUR);
    moved.sent[0]!.acknowledged.push({ position: { epoch: 'e', offset: 4 }, duplicate: true });
    expect(found(WHOLE, moved)).toEqual(['lost']);
    const other = sender(...FOUR);
    other.sent[0]!.acknowledged.push({ position: { epoch: 'f', offset: 1 }, duplicate: true });
    expect(found(WHOLE, other)).toEqual(['log']);
  });

  it('finds a retry that was answered as new, but for what retention had forgotten', () => {
    const again = sender(...FOUR);
    again.sent[0]!.acknowledged.push({ position: { epoch: 'e', offset: 1 }, duplicate: false });
    expect(found(WHOLE, again)).toEqual(['false-answer']);
    const trimmed = truthOf([...BEGIN, ...FOUR.slice(1)], [{ name: A, oldest: 2, floor: 5 }]);
    expect(found(trimmed, again)).toEqual([]);
  });

  it('finds two messages that were acknowledged at one position', () => {
    const trimmed = truthOf([...BEGIN, ...FOUR.slice(1)], [{ name: A, oldest: 2, floor: 5 }]);
    const both = sender(...FOUR);
    both.sent.push({ ...sentAs(FOUR[0]!), key: 'other' });
    expect(found(trimmed, both)).toEqual(['lost']);
  });

  it('does not mind a message without an acknowledgement, whether the log holds it or not', () => {
    const journal = sender(...FOUR, message(9, 3));
    for (const sent of journal.sent) sent.acknowledged.length = 0;
    expect(found(WHOLE, journal)).toEqual([]);
  });

  it('finds another order than they were sent in, another text, and one that was refused', () => {
    expect(found(WHOLE, sender(FOUR[2]!, FOUR[0]!, FOUR[1]!, FOUR[3]!))).toEqual(['reordered']);
    const journal = sender(...FOUR);
    Object.assign(journal.sent[1]!, { data: 'something else' });
    expect(found(WHOLE, journal)).toEqual(['altered']);
    const refused = sender(...FOUR);
    refused.sent[0]!.refused = 'not_a_member';
    expect(found(WHOLE, refused)).toEqual(['stuck']);
  });

  it('finds what was deleted and is still there, and a receipt that is not kept', () => {
    const journal = sender(...FOUR);
    journal.deleted.push({ channel: A, offset: 1, text: 'room:a 1' });
    journal.receipts.push({ channel: A, offset: 2, acknowledged: true });
    journal.receipts.push({ channel: A, offset: 3, acknowledged: false });
    expect(found(WHOLE, journal)).toEqual(['undeleted', 'receipt']);
  });
});

describe('of the storage, check', () => {
  it('finds holes, in a channel and in the order of everything', () => {
    expect(kinds(truthOf([...BEGIN, FOUR[0]!, message(6, 3)]), sender(FOUR[0]!, message(6, 3)))).toEqual([
      'log',
    ]);
    const hole = [...BEGIN, message(5, 1), message(7, 2)];
    expect(kinds(truthOf(hole), sender(...hole.slice(4)))).toEqual(['log']);
  });

  it('finds a message twice, by its key and by its text', () => {
    const twice = message(6, 2, A, { key: `${A}-1` });
    expect(kinds(truthOf([...BEGIN, FOUR[0]!, twice]), sender(FOUR[0]!))).toContain('doubled');
    const { key: _, ...keyless } = FOUR[0]!;
    const again = { ...keyless, id: 6, offset: 2 };
    const journal = new Journal('bob', 'writer', '/ws');
    journal.sent.push({ channel: A, data: digest(JSON.parse(keyless.data)), acknowledged: [] });
    expect(kinds(truthOf([...BEGIN, keyless, again]), journal)).toEqual(['doubled']);
  });

  it('finds what nobody sent, and what was written by one who did not belong', () => {
    expect(kinds(WHOLE, sender(...FOUR.slice(1)))).toEqual(['forged']);
    const eve = message(9, 3, A, { sender: 'eve', key: 'k' });
    const journal = new Journal('eve', 'writer', 'client');
    journal.sent.push(sentAs(eve));
    expect(kinds(truthOf([...BEGIN, ...FOUR, eve]), BOB, journal)).toEqual(['unentitled']);
  });
});

describe('checkPlain', () => {
  const group = (...came: string[][]): Journal => {
    const journal = new Journal('', 'writer', '/ws');
    journal.plain.push(...came);
    return journal;
  };
  const of = (journal: Journal, from?: string): string[] =>
    checkPlain([{ journal, channel: A, ...(from !== undefined && { from }) }], WHOLE).map(({ kind }) => kind);

  it('wants of a connection what was said while it was there', () => {
    expect(of(group(['room:a 1', 'room:a 2'], ['room:a 1'], []))).toEqual([]);
    expect(of(group(['room:a 2', 'room:a 1']))).toEqual(['reordered']);
    expect(of(group(['room:a 1', 'room:a 1']))).toEqual(['doubled']);
  });

  it('wants that everything was handed over, at least once', () => {
    expect(of(group(['room:a 1'], ['room:a 1', 'room:a 2']), 'bob')).toEqual([]);
    expect(of(group(['room:a 1'], []), 'bob')).toEqual(['skipped']);
  });
});
