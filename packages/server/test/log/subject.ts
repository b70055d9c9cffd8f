/** The log that the contract is tried on, and what all parts of the contract use. */
import type { ChannelLog, LogRecord, NewRecord } from '../../src/log/channel-log.js';

/** Filled anew before each test. */
export interface Subject {
  log: ChannelLog;
  /** Milliseconds since 1970, as the log sees them. */
  clock: number;
}

export const LIMITS = { maxRecordBytes: 1000, maxPendingBytes: 100_000 };

export function message(channel: string, text: string, key?: string, sender = 'ada'): NewRecord {
  const data = JSON.stringify({ type: 'message', text });
  return { channel, sender, ...(key === undefined ? {} : { key }), data };
}

export function texts(records: readonly LogRecord[]): string[] {
  return records.map((record) => (JSON.parse(record.data) as { text: string }).text);
}

/** Appends the messages "1", "2" and so on. */
export async function fill({ log }: Subject, channel: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => message(channel, `${index + 1}`));
  await log.append({ records });
}
