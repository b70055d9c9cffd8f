/** What any log asks of an append before it takes it, how many bytes it weighs, and the limits where none are given. */
import { type Append, LogError } from './log.js';

/** In bytes of UTF-8. */
export const MAX_FACT_KEY_BYTES = 1024;
/** Of a record's channel, sender and key, each, in bytes of UTF-8: storages index them together. */
export const MAX_NAME_BYTES = 1024;
export const DEFAULT_MAX_RECORD_BYTES = 1024 * 1024;
export const DEFAULT_MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** What a record weighs beside its strings, so that many empty ones are counted too. */
const OVERHEAD_BYTES = 128;

/** U+0000, or half of a surrogate pair: text that storage would cut or change. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * The bytes that the append takes while it waits to be committed.
 *
 * @throws {LogError} `record_too_large`
 * @throws {TypeError} when a channel, a sender, a key or a fact's key is too long, a string has U+0000 or half of a
 *   surrogate pair in it, or a fact counts something else than whole numbers: mistakes of the caller (JSON text escapes all that it must not hold)
 */
export function weigh(append: Append, maxRecordBytes: number): number {
  let total = OVERHEAD_BYTES;
  for (const record of append.records) {
    const bytes = Buffer.byteLength(record.data);
    if (bytes > maxRecordBytes) throw tooLarge('record', bytes, maxRecordBytes);
    refuseUnstorable(record.channel, record.sender, record.key, record.data);
    refuseLong(record.channel, record.sender, record.key);
    total += OVERHEAD_BYTES + bytes + 2 * (record.channel.length + record.sender.length);
    total += 2 * (record.key?.length ?? 0);
  }
  for (const fact of append.facts ?? []) {
    const keyBytes = Buffer.byteLength(fact.key);
    if (keyBytes > MAX_FACT_KEY_BYTES) {
      throw new TypeError(`A fact's key has at most ${MAX_FACT_KEY_BYTES} bytes; this one has ${keyBytes}.`);
    }
    const number = 'value' in fact ? 0 : 'add' in fact ? fact.add : fact.atLeast;
    if (!Number.isSafeInteger(number)) throw new TypeError(`A fact counts whole numbers, and not ${number}.`);
    const value = 'value' in fact ? (fact.value ?? '') : '';
    const bytes = Buffer.byteLength(value);
    if (bytes > maxRecordBytes) throw tooLarge('fact', bytes, maxRecordBytes);
    refuseUnstorable(fact.key, value);
    total += OVERHEAD_BYTES + keyBytes + bytes;
  }
  refuseUnstorable(append.unless);
  total += 2 * (append.unless?.length ?? 0);
  for (const { key } of append.when ?? []) {
    refuseUnstorable(key);
    total += OVERHEAD_BYTES + 2 * key.length;
  }
  const redactions = append.redact ?? [];
  if (redactions.length > 0 && append.records.length === 0) {
    throw new TypeError('What is redacted is told with a record: an append that redacts has one.');
  }
  for (const { data } of redactions) {
    const bytes = Buffer.byteLength(data);
    if (bytes > maxRecordBytes) throw tooLarge('record', bytes, maxRecordBytes);
    refuseUnstorable(data);
    total += OVERHEAD_BYTES + bytes;
  }
  return total;
}

function refuseLong(...names: readonly (string | undefined)[]): void {
  for (const name of names) {
    // No text has more than three bytes for each UTF-16 unit.
    if (name === undefined || name.length * 3 <= MAX_NAME_BYTES) continue;
    const bytes = Buffer.byteLength(name);
    if (bytes <= MAX_NAME_BYTES) continue;
    throw new TypeError(
      `A channel, a sender and a key have at most ${MAX_NAME_BYTES} bytes each; this one has ${bytes}.`,
    );
  }
}

function refuseUnstorable(...texts: readonly (string | undefined)[]): void {
  for (const text of texts) {
    if (text !== undefined && UNSTORABLE.test(text)) {
      throw new TypeError('A log keeps no text with U+0000 or half of a surrogate pair in it.');
    }
  }
}

function tooLarge(what: string, bytes: number, limit: number): LogError {
  return new LogError('record_too_large', `The ${what} has ${bytes} bytes; the limit is ${limit}.`);
}
