/** What a server that is not ours says its log holds: all that can be known of it, and no proof. */
import type { Publication } from '@fullduplex/wire';
import { ask } from '../ask.js';
import type { Stored, StoredRecord } from './truth.js';

/** A channel, somebody who may read it, and from where on it is wanted. */
export interface Asked {
  readonly channel: string;
  readonly token: string;
  readonly after: number;
}

interface HistoryPage {
  readonly publications: readonly Publication[];
  readonly epoch: string;
  readonly offset: number;
}

/** @throws {Error} what the server answered, when it is no success */
export async function readHistories(url: string, wanted: readonly Asked[]): Promise<Stored> {
  const records: StoredRecord[] = [];
  const epochs = new Set<string>();
  const channels: { name: string; oldest: number }[] = [];
  for (const { channel, token, after } of wanted) {
    let oldest: number | undefined;
    for (let at = after; ; ) {
      const path = '/api/commands/channel.history';
      const page = (await ask(url, path, { channel, after: at, limit: 500 }, token)) as HistoryPage;
      epochs.add(page.epoch);
      for (const { offset, data, info } of page.publications) {
        oldest ??= offset;
        records.push({ channel, offset, sender: info.user, key: info.key, data: JSON.stringify(data) });
      }
      at = page.publications.at(-1)?.offset ?? page.offset;
      if (at < page.offset) continue;
      channels.push({ name: channel, oldest: oldest ?? page.offset + 1 });
      break;
    }
  }
  return { epochs: [...epochs].map((name) => ({ name, first: 1 })), channels, records };
}
