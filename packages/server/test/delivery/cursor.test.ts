import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, resolvePlace } from '../../src/delivery/cursor.js';
import { OrderedLog } from '../../src/log/ordered-log.js';
import { memoryLog, memoryStorage } from '../support/memory-log.js';

const UUID = '0b9f6f1e-5f3a-4a57-9d3f-3f2f6d6a7b11';

test('it is the epoch and one number, in at most 64 bytes', () => {
  const cursor = encodeCursor(UUID, Number.MAX_SAFE_INTEGER);
  expect(Buffer.byteLength(cursor)).toBeLessThanOrEqual(64);
  expect(encodeURIComponent(cursor)).toBe(cursor);
  expect(decodeCursor(cursor)).toEqual({ epoch: UUID, id: Number.MAX_SAFE_INTEGER });
  expect(encodeCursor(UUID, 0)).toBe(`20.${UUID}`);
});

test('every place comes back, and equal places are equal strings', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (id) => {
      expect(decodeCursor(encodeCursor('e', id))).toEqual({ epoch: 'e', id });
    }),
  );
});

test.each([
  ['of the first edition', `1${Buffer.from('[[["e","room:a",1]]]').toString('base64url')}`],
  ['empty', ''],
  ['of no version', 'x1.e'],
  ['without an epoch', '21'],
  ['with an empty epoch', '21.'],
  ['beyond all numbers', '2zzzzzzzzzzz.e'],
  ['of too many digits', '2000000000001.e'],
  ['negative', '2-1.e'],
  ['with another letter', '2A.e'],
  ['with more than there is', `21.${'e'.repeat(49)}`],
  ['with a line break', '21.e\n'],
])('one %s is refused', (_what, text) => {
  expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }) as Error);
});

test('whatever text it is given, it answers or refuses', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const { epoch, id } = decodeCursor(text);
        expect(encodeCursor(epoch, id).length).toBeLessThanOrEqual(64);
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_cursor' });
      }
    }),
  );
});

const RECORD = { channel: 'room:a', sender: 'ada', data: '{}' };

test('a place is good up to what the log holds, and beyond it is of a log that was lost', async () => {
  const log = memoryLog();
  await log.append({ records: [RECORD, RECORD] });
  const { name: epoch } = log.epochs[0]!;
  expect(await resolvePlace(log, { epoch, id: 0 })).toBe(0);
  expect(await resolvePlace(log, { epoch, id: 2 })).toBe(2);
  await expect(resolvePlace(log, { epoch, id: 3 })).rejects.toMatchObject({ code: 'invalid_cursor' });
  await expect(resolvePlace(log, { epoch: 'another', id: 1 })).rejects.toMatchObject({
    code: 'invalid_cursor',
  });
});

test('a node that is late waits until it has the place', async () => {
  const storage = memoryStorage();
  const late = memoryLog({ storage });
  // Another writer, of which nobody tells the late one.
  await storage.commit([{ records: [RECORD, RECORD] }]);
  expect(late).toBeInstanceOf(OrderedLog);
  const { name: epoch } = late.epochs[0]!;
  expect(await resolvePlace(late, { epoch, id: 2 })).toBe(2);
  expect(late.position).toBe(2);
});
