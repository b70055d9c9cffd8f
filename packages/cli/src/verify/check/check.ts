/**
 * Compares what everyone did and saw with what the log holds: every acknowledged message once, in order, and nothing
 * skipped without a word. Pure: it asks nobody anything.
 */
import type { Journal } from '../journal.js';
import type { Truth } from '../truth/truth.js';
import { checkReader, type Heard } from './check-reader.js';
import { checkSent } from './check-sent.js';
import { checkStorage } from './check-storage.js';
import { fewest, type Violation } from './violation.js';

export function check(journals: readonly Journal[], truth: Truth): Violation[] {
  const heard: Heard = new Map();
  return [
    ...journals.flatMap(({ user, complaints }) =>
      complaints.map((what): Violation => ({ kind: 'stuck', what: `${user}: ${what}` })),
    ),
    ...checkStorage(truth, journals),
    ...checkSent(journals, truth),
    ...journals.flatMap((journal) => checkReader(journal, truth, heard)),
    ...fewest(checkDeleted(journals, truth)),
    ...fewest(checkReceipts(journals, truth)),
  ];
}

/** What was deleted is nowhere in the storage. */
function checkDeleted(journals: readonly Journal[], truth: Truth): Violation[] {
  return journals.flatMap(({ user, deleted }) =>
    deleted.flatMap(({ channel, offset, text }): Violation[] => {
      // As it stands in JSON.
      const needle = JSON.stringify(text).slice(1, -1);
      const where = truth.channels.get(channel)?.records.find(({ data }) => data.includes(needle));
      if (!where) return [];
      const what = `${user} deleted ${offset} of ${channel}; ${where.offset} still says "${text.slice(0, 40)}"`;
      return [{ kind: 'undeleted', what }];
    }),
  );
}

function checkReceipts(journals: readonly Journal[], { facts }: Truth): Violation[] {
  if (!facts) return [];
  return journals.flatMap(({ user, receipts }) =>
    receipts.flatMap(({ channel, offset, acknowledged }): Violation[] => {
      const kept = Number(facts.get(`p/${user}/${channel}`) ?? 0);
      if (!acknowledged || kept >= offset) return [];
      return [{ kind: 'receipt', what: `${user} had read ${channel} up to ${offset}; ${kept} is kept` }];
    }),
  );
}
