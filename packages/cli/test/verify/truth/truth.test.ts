import { describe, expect, it } from 'vitest';
import { digest, type StoredRecord, Truth } from '../../../src/verify/truth/truth.js';

describe('digest', () => {
  it('keeps short data as it is, and tells long data apart by little', () => {
    expect(digest({ text: 'x' })).toBe('{"text":"x"}');
    const [long, other] = [digest({ text: 'x'.repeat(9_000) }), digest({ text: `${'x'.repeat(8_999)}y` })];
    expect(long.length).toBeLessThan(200);
    expect(long).not.toBe(other);
    expect(long).toBe(digest({ text: 'x'.repeat(9_000) }));
  });
});

const joined = (id: number, value: string | null): StoredRecord => ({
  id,
  channel: 'user:alice',
  offset: id,
  sender: 'alice',
  data: '{"type":"joined"}',
  changes: [{ key: 'b/alice/room:a', value }],
});
const message = (id: number, offset: number): StoredRecord => ({
  id,
  channel: 'room:a',
  offset,
  sender: 'bob',
  key: `k${offset}`,
  data: JSON.stringify({ type: 'message', text: `t${offset}` }),
});

describe('Truth', () => {
  const channels = [
    { name: 'user:alice', oldest: 1, floor: 0 },
    { name: 'room:a', oldest: 3, floor: 4 },
  ];
  const records = [joined(1, 'member'), joined(2, null), joined(5, 'member'), message(6, 3), message(7, 4)];
  const stored = { epochs: [{ name: 'e', first: 1 }], channels, records, facts: new Map<string, string>() };

  it('knows who belonged where, and when', () => {
    const truth = new Truth(stored);
    expect(truth.intervals('alice', 'room:a')).toEqual([
      { from: 1, until: 2 },
      { from: 5, until: Number.POSITIVE_INFINITY },
    ]);
    expect(truth.belongings('alice')).toEqual(['user:alice', 'room:a']);
    expect(truth.intervals('bob', 'room:a')).toEqual([]);
  });

  it('tells what retention took from what was never there', () => {
    const truth = new Truth(stored, [message(4, 2)]);
    expect([truth.at('room:a', 3)?.id, truth.at('room:a', 2), truth.at('room:a', 5)]).toEqual([
      6,
      undefined,
      undefined,
    ]);
    expect([truth.isTrimmed('room:a', 2), truth.isTrimmed('room:a', 5)]).toEqual([true, false]);
    expect([truth.before('room:a', 2)?.id, truth.before('room:a', 3)]).toEqual([4, undefined]);
    expect([
      truth.firstFrom('room:a', 3),
      truth.firstFrom('room:a', 5),
      truth.firstFrom('room:a', 7),
    ]).toEqual([undefined, 3, 4]);
  });
});
