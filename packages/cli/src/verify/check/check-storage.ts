/** Whether the log in itself can be: no holes, nothing twice, nothing that nobody sent, facts that agree. */
import type { Journal } from '../journal.js';
import { DELETED, digest, type StoredRecord, type Truth } from '../truth/truth.js';
import { fewest, type Violation } from './violation.js';

/** Types of records that the server writes by itself. */
const SERVERS_OWN = new Set(['joined', 'left', 'read']);

export function checkStorage(truth: Truth, journals: readonly Journal[]): Violation[] {
  return [
    ...fewest(checkOrder(truth)),
    ...fewest(checkDoubles(truth)),
    ...fewest(checkOrigins(truth, journals)),
    ...fewest(checkFacts(truth)),
  ];
}

/** Offsets and ids without holes, but for what retention took; both orders are one. */
function checkOrder(truth: Truth): Violation[] {
  const found: Violation[] = [];
  const violate = (what: string): void => void found.push({ kind: 'log', what });
  let trimmed = 0;
  for (const { name, oldest, floor, records } of truth.channels.values()) {
    trimmed += oldest - 1;
    let due = truth.facts ? oldest : (records[0]?.offset ?? oldest);
    let last = floor ?? 0;
    for (const { offset, id } of records) {
      if (offset !== due) violate(`${name} has ${offset} where ${due} is due`);
      if (id !== undefined && id <= last) violate(`${name} has ${offset} at the id ${id}, behind ${last}`);
      due = offset + 1;
      last = id ?? last;
    }
  }
  const lastId = truth.records.at(-1)?.id;
  if (lastId !== undefined && lastId !== truth.records.length + trimmed) {
    const missing = lastId - truth.records.length;
    violate(`${missing} ids of ${lastId} are without a record; retention took ${trimmed}`);
  }
  if (truth.facts && truth.epochs.length > 1) {
    violate(`the log began a new epoch ${truth.epochs.length - 1} times; nothing of it was lost`);
  }
  return found;
}

/** No key of a sender twice, and no text either: every text that is sent is another one. */
function checkDoubles(truth: Truth): Violation[] {
  const found: Violation[] = [];
  const first = new Map<string, number>();
  for (const { channel, sender, key, data, offset } of truth.records) {
    for (const name of [key === undefined ? undefined : `key ${key}`, textOf(data)]) {
      if (name === undefined) continue;
      const whole = `${channel} ${sender} ${name}`;
      const before = first.get(whole);
      if (before !== undefined && before !== offset) {
        const what = `${channel} holds "${name.slice(0, 60)}" of ${sender} at ${before} and ${offset}`;
        found.push({ kind: 'doubled', what });
      }
      first.set(whole, offset);
    }
  }
  return found;
}

function textOf(json: string): string | undefined {
  const { text } = JSON.parse(json) as { text?: unknown };
  return typeof text === 'string' ? text : undefined;
}

function checkOrigins(truth: Truth, journals: readonly Journal[]): Violation[] {
  const users = new Set(journals.map(({ user }) => user));
  const sent = new Set<string>();
  const keys = new Set<string>();
  for (const { user, sent: all } of journals) {
    for (const { channel, key, data } of all) {
      sent.add(`${channel} ${user} ${key ?? ''} ${data}`);
      keys.add(`${channel} ${user} ${key ?? ''}`);
    }
  }
  const found: Violation[] = [];
  for (const record of truth.records) {
    const { channel, sender, key = '', redacted } = record;
    const data = JSON.parse(record.data) as { type?: unknown };
    if (typeof data.type === 'string' && SERVERS_OWN.has(data.type)) continue;
    // On somebody else's server others write as well.
    if (!users.has(sender) && !truth.facts) continue;
    // At `/ws` nobody has a name.
    const names = users.has(sender) ? [sender] : [''];
    const isKnown = names.some((name) =>
      redacted === true
        ? keys.has(`${channel} ${name} ${key}`)
        : sent.has(`${channel} ${name} ${key} ${digest(data)}`),
    );
    if (redacted === true && digest(data) !== DELETED) {
      const what = `${channel} holds ${digest(data)} at ${record.offset}, in the place of what was redacted`;
      found.push({ kind: 'altered', what });
    }
    if (isKnown) continue;
    // Something else under a key that is known is told where it is compared with what was sent.
    if (keys.has(`${channel} ${sender} ${key}`) && key !== '') continue;
    found.push({ kind: 'forged', what: `${nameOf(record)} was sent by nobody` });
  }
  return [...found, ...checkRights(truth, users)];
}

/** Who writes to a room or a direct conversation belongs to it. */
function checkRights(truth: Truth, users: ReadonlySet<string>): Violation[] {
  return truth.records.flatMap((record): Violation[] => {
    const { channel, sender, id, data } = record;
    if (id === undefined || !users.has(sender) || !/^(room|direct):/.test(channel)) return [];
    const { type } = JSON.parse(data) as { type?: string };
    if (type !== undefined && SERVERS_OWN.has(type)) return [];
    const intervals = truth.intervals(sender, channel);
    if (!intervals || truth.isTrimmed(`user:${sender}`, 1)) return [];
    // Who opens a direct conversation writes with the append that opens it.
    if (intervals.some(({ from, until }) => from <= id && id < until)) return [];
    return [{ kind: 'unentitled', what: `${nameOf(record)} was written by one who did not belong` }];
  });
}

/** A membership is two facts, and is counted. */
function checkFacts({ facts }: Truth): Violation[] {
  if (!facts) return [];
  const found: Violation[] = [];
  const counts = new Map<string, number>();
  for (const key of facts.keys()) {
    const [, user = '', room = ''] = /^b\/([^/]+)\/room:(.+)$/.exec(key) ?? [];
    if (room === '') continue;
    counts.set(room, (counts.get(room) ?? 0) + 1);
    if (!facts.has(`m/${room.toLowerCase()}/${user}`)) {
      found.push({ kind: 'log', what: `${user} belongs to room:${room}, which does not know of it` });
    }
  }
  for (const [room, count] of counts) {
    const told = Number(facts.get(`n/room:${room}`) ?? 0);
    if (told !== count)
      found.push({ kind: 'log', what: `room:${room} counts ${told} members; it has ${count}` });
  }
  return found;
}

function nameOf({ channel, offset, sender, data }: StoredRecord): string {
  return `${channel} ${offset}, ${data.slice(0, 60)} of ${sender},`;
}
