/** What the log's tests share: folders that go when the test does, and records. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PendingAppend } from '../../src/log/group-commit.js';
import type { Append, LogRecord, NewRecord } from '../../src/log/log.js';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fullduplex-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What runs later, by the machine's own loop and timers. */
export const later = {
  defer: (run: () => void): void => void setImmediate(run),
  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export function record(channel: string, text: string, key?: string): NewRecord {
  const data = JSON.stringify({ type: 'message', text });
  return { channel, sender: 'ada', data, ...(key === undefined ? {} : { key }) };
}

/** Records of `room:a` with these offsets, which are their ids as well. */
export function stored(from: number, to: number, data = '{}'): LogRecord[] {
  const offsets = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return offsets.map((offset) => ({ channel: 'room:a', sender: 'ada', data, id: offset, offset, time: 1 }));
}

export function offsetsOf(records: readonly LogRecord[]): number[] {
  return records.map((entry) => entry.offset);
}

/** Appends as a group commit hands them over, settled by nobody. */
export function pendingAppends(appends: readonly Append[]): PendingAppend[] {
  return appends.map((append) => ({ append, bytes: 1, resolve: () => {}, reject: () => {} }));
}
