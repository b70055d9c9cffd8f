/** Polling: the answer of the moment. */
import type { Position } from '@fullduplex/wire';
import type { Batch } from '../delivery/cursor-reader.js';
import type { Caller } from './sync.js';

export async function answerPoll(caller: Caller): Promise<void> {
  const { reader, services } = caller;
  const batch = caller.snapshot ? EMPTY : await reader.read(services.bounds);
  caller.renewLease('polling', services.timing.pollingLease);
  answerBatch(caller, batch);
}

export const EMPTY: Batch = { entries: [], gaps: [], more: false };

/** `SyncAnswer`, with the publications as they were encoded once for all readers. */
export function answerBatch(caller: Caller, batch: Batch): void {
  const { reader, snapshot } = caller;
  const publications = batch.entries.map((entry) => entry.json).join(',');
  let body = `{"cursor":"${reader.cursor}","publications":[${publications}],"gaps":${JSON.stringify(batch.gaps)}`;
  if (batch.more) body += ',"more":true';
  if (snapshot) body += `,"snapshot":${snapshotJson(caller)}`;
  body += '}';
  caller.exchange.answer(200, caller.headers, body);
}

/** What the user belongs to, and each channel's head. */
export function snapshotJson(caller: Caller): string {
  const channels: Record<string, Position> = Object.fromEntries(caller.reader.positions);
  return JSON.stringify({ user: caller.user, channels });
}
