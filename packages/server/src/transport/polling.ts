/** Polling: what there is now, at once. */
import type { Batch } from '../delivery/place-reader.js';
import type { Caller } from './sync.js';

export async function answerPoll(caller: Caller): Promise<void> {
  const { reader, services } = caller;
  const batch = caller.snapshot === undefined ? await reader.read(services.bounds) : EMPTY;
  caller.renewLease('polling', services.timing.pollingLease);
  answerBatch(caller, batch);
}

export const EMPTY: Batch = { steps: [], more: false };

/** `SyncAnswer`, with the publications as they were encoded once for all readers. */
export function answerBatch(caller: Caller, batch: Batch): void {
  const { reader, snapshot } = caller;
  const given = (kind: 'publication' | 'gap'): string =>
    batch.steps
      .filter((step) => step.kind === kind)
      .map((step) => step.json)
      .join(',');
  let body = `{"cursor":"${reader.cursor}","publications":[${given('publication')}],"gaps":[${given('gap')}]`;
  if (batch.more) body += ',"more":true';
  if (snapshot !== undefined) body += `,"snapshot":${snapshot}`;
  body += '}';
  caller.exchange.answer(200, caller.headers, body);
}
