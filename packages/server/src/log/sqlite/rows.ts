/** Records as they cross from the thread that reads: flat arrays, since each object is copied on the way. */
import type { LogRecord, TailRecord } from '../log.js';
import { decodeChanges } from './batch.js';

export interface RecordRows {
  /** Id, offset, time, and 1 for what was redacted, of each record. */
  readonly numbers: readonly number[];
  /** Channel, sender, key, data, and what changed beside the records, of each record. */
  readonly texts: readonly (string | null)[];
}

export type RecordRow = [
  id: number,
  channel: string,
  offset: number,
  sender: string,
  key: string | null,
  time: number,
  data: string,
  redacted: number | null,
  changes: string | null,
];

export class RecordPacker implements RecordRows {
  readonly numbers: number[] = [];
  readonly texts: (string | null)[] = [];
  /** Of data. */
  bytes = 0;
  count = 0;

  /** Takes the record, unless it would pass so many bytes; one is always taken. */
  add(row: RecordRow, maxBytes: number): boolean {
    const [id, channel, offset, sender, key, time, data, redacted, changes] = row;
    const bytes = Buffer.byteLength(data);
    if (this.count > 0 && this.bytes + bytes > maxBytes) return false;
    this.bytes += bytes;
    this.count++;
    this.numbers.push(id, offset, time, redacted === null ? 0 : 1);
    this.texts.push(channel, sender, key, data, changes);
    return true;
  }

  get rows(): RecordRows {
    return { numbers: this.numbers, texts: this.texts };
  }
}

export function unpackRecords(rows: RecordRows): LogRecord[] {
  return unpackTail(rows);
}

/** With what changed beside them. */
export function unpackTail({ numbers, texts }: RecordRows): TailRecord[] {
  const records: TailRecord[] = [];
  for (let at = 0, text = 0; at < numbers.length; at += 4, text += 5) {
    const key = texts[text + 2];
    const changes = texts[text + 4];
    const record: TailRecord = {
      id: numbers[at]!,
      channel: texts[text]!,
      offset: numbers[at + 1]!,
      sender: texts[text + 1]!,
      data: texts[text + 3]!,
      time: numbers[at + 2]!,
      ...(typeof key === 'string' ? { key } : {}),
      ...(numbers[at + 3] === 1 ? { redacted: true as const } : {}),
    };
    records.push(typeof changes === 'string' ? { ...record, ...decodeChanges(changes) } : record);
  }
  return records;
}
