/** Whether the log holds what was acknowledged, as it was sent, where the acknowledgement says, and once. */
import type { Journal, Sent } from '../journal.js';
import { DELETED, digest, type StoredRecord, type Truth } from '../truth/truth.js';
import { fewest, type Violation } from './violation.js';

export function checkSent(journals: readonly Journal[], truth: Truth): Violation[] {
  return [
    ...fewest(checkPlaces(journals)),
    ...journals.flatMap((journal) => fewest(checkOne(journal, truth))),
  ];
}

/** No two messages were acknowledged at one position. */
function checkPlaces(journals: readonly Journal[]): Violation[] {
  const found: Violation[] = [];
  const taken = new Map<string, string>();
  for (const { user, sent } of journals) {
    for (const { channel, key, data, acknowledged } of sent) {
      const name = `${key ?? data} of ${user}`;
      for (const { position } of acknowledged) {
        const place = `${channel} ${position.offset}`;
        const other = taken.get(place);
        if (other !== undefined && other !== name) {
          found.push({ kind: 'lost', what: `${place} was acknowledged for ${other} and for ${name}` });
        }
        taken.set(place, name);
      }
    }
  }
  return found;
}

function checkOne(journal: Journal, truth: Truth): Violation[] {
  const found: Violation[] = [];
  const records = ownRecords(journal, truth);
  const last = new Map<string, { readonly offset: number; readonly sent: Sent }>();
  for (const sent of journal.sent) {
    const record = records.get(`${sent.channel} ${sent.key}`);
    found.push(...checkAcknowledgements(journal, sent, record, truth));
    // What was sent again after retention took it is where the retry put it; commands are not sent with messages.
    if (
      !record ||
      sent.text === undefined ||
      sent.acknowledged.some(({ position }) => position.offset !== record.offset)
    )
      continue;
    const before = last.get(sent.channel);
    if (before && before.offset > record.offset) {
      found.push({
        kind: 'reordered',
        what: `${journal.user} sent ${before.sent.key} before ${sent.key}; ${sent.channel} has them at ${before.offset} and ${record.offset}`,
      });
    }
    last.set(sent.channel, { offset: record.offset, sent });
  }
  return found;
}

/** What the log holds of the participant's own messages, by channel and key. */
function ownRecords({ user, sent }: Journal, truth: Truth): Map<string, StoredRecord> {
  const own = new Map<string, StoredRecord>();
  for (const channel of new Set(sent.map((one) => one.channel))) {
    for (const record of truth.channels.get(channel)?.records ?? []) {
      const name = `${channel} ${record.key}`;
      if (record.sender === user && record.key !== undefined && !own.has(name)) own.set(name, record);
    }
  }
  return own;
}

function checkAcknowledgements(
  { user }: Journal,
  { channel, key, data, acknowledged, refused }: Sent,
  record: StoredRecord | undefined,
  truth: Truth,
): Violation[] {
  const found: Violation[] = [];
  const violate = (kind: Violation['kind'], what: string): void => void found.push({ kind, what });
  if (refused !== undefined) violate('stuck', `${user}: ${key} in ${channel} was refused: ${refused}`);
  acknowledged.forEach(({ position: { epoch, offset }, duplicate }, index) => {
    const what = `${key} of ${user}, acknowledged at ${offset}`;
    if (!truth.epochs.some(({ name }) => name === epoch)) {
      violate('log', `${what} in ${channel}, came with the epoch ${epoch}, which the log does not have`);
    }
    // With a message its key goes as well: what is sent again then is new.
    const before = acknowledged[index - 1];
    const isForgotten = before !== undefined && truth.isTrimmed(channel, before.position.offset);
    if (before && duplicate === false && !isForgotten) {
      violate('false-answer', `${channel}: ${what}, was sent again and answered as if it were new`);
    }
    if (truth.isTrimmed(channel, offset)) return;
    if (!record) violate('lost', `${channel} does not hold ${what}`);
    else if (record.offset !== offset) violate('lost', `${channel} holds at ${record.offset} ${what}`);
  });
  if (!record) return found;
  const stored = digest(JSON.parse(record.data));
  if (stored !== data && !(record.redacted === true && stored === DELETED)) {
    violate(
      'altered',
      `${channel} holds at ${record.offset} something else than ${key} of ${user}: ${stored}`,
    );
  }
  return found;
}
