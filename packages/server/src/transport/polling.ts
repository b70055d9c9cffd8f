/** Polling: what there is now, at once. */
import type { Caller } from './caller.js';
import { answerBatch, EMPTY } from './sync-answer.js';

export async function answerPoll(caller: Caller): Promise<void> {
  const { reader, services } = caller;
  const batch = caller.snapshot === undefined ? await reader.read(services.bounds) : EMPTY;
  caller.renewLease('polling', services.timing.pollingLease);
  answerBatch(caller, batch);
}
