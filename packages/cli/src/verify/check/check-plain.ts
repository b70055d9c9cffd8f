/**
 * Whether those on the plain addresses were given what they should: at `/ws` everything that was said while they were
 * there; at `/ws/NAME` everything that was sent to them, at least once.
 */
import type { Journal } from '../journal.js';
import type { StoredRecord, Truth } from '../truth/truth.js';
import { fewest, type Violation, type ViolationKind } from './violation.js';

export interface PlainReader {
  readonly journal: Journal;
  readonly channel: string;
  /** Who writes to it, at `/ws/NAME`. */
  readonly from?: string;
}

export function checkPlain(readers: readonly PlainReader[], truth: Truth): Violation[] {
  return readers.flatMap((reader) => fewest(checkOne(reader, truth)));
}

/** What the channel holds of messages to this reader, by text: each text is another one. */
export function messagesTo({ channel, from }: PlainReader, truth: Truth): Map<string, StoredRecord> {
  const messages = new Map<string, StoredRecord>();
  for (const record of truth.channels.get(channel)?.records ?? []) {
    if (from !== undefined && record.sender !== from) continue;
    const { type, text } = JSON.parse(record.data) as { type?: unknown; text?: unknown };
    if (type === 'message' && typeof text === 'string') messages.set(text, record);
  }
  return messages;
}

function checkOne(reader: PlainReader, truth: Truth): Violation[] {
  const { journal, channel, from } = reader;
  const found: Violation[] = [];
  const violate = (kind: ViolationKind, what: string): void =>
    void found.push({ kind, what: `${journal.name} ${journal.user}, ${channel}: ${what}` });
  const messages = messagesTo(reader, truth);
  const offsets = [...messages.values()].map(({ offset }) => offset);
  const given = new Set<number>();
  for (const came of journal.plain) {
    let last: number | undefined;
    for (const text of came) {
      // What retention took or somebody deleted is not known any more.
      const offset = messages.get(text)?.offset;
      if (offset === undefined) continue;
      given.add(offset);
      if (last !== undefined && offset <= last) {
        violate(offset === last ? 'doubled' : 'reordered', `${offset} came after ${last}`);
      } else if (last !== undefined) {
        const before = last;
        const missing = offsets.find((one) => one > before && one < offset);
        if (missing !== undefined)
          violate('skipped', `${missing} never came between ${before} and ${offset}`);
      }
      last = offset;
    }
  }
  if (from === undefined) return found;
  for (const offset of offsets) {
    if (!given.has(offset)) violate('skipped', `${offset} was never handed over`);
  }
  return found;
}
