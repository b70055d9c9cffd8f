/** Publications as JSON for those who read without a shared connection, encoded once for all who want the newest ones. */
import type { LogRecord } from '../log/log.js';
import { channelPublicationJson } from './format.js';

interface Encoded {
  /** What it was made of: a record that was redacted is another one. */
  readonly record: LogRecord;
  readonly json: string;
}

/** Enough for what a turn brings. */
const KEPT = 256;
/** Larger ones, in characters, are encoded for each who asks. */
const LARGEST = 8 * 1024;

export class EncodedRecords {
  readonly #slots: (Encoded | undefined)[] = Array.from({ length: KEPT });

  json(epoch: string, record: LogRecord): string {
    const slot = record.id % KEPT;
    const kept = this.#slots[slot];
    if (kept?.record === record) return kept.json;
    const json = channelPublicationJson(epoch, record);
    if (json.length <= LARGEST) this.#slots[slot] = { record, json };
    return json;
  }
}
