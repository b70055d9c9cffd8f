/**
 * Compares what everyone did and saw with what the log holds: every acknowledged message once, in order, and nothing
 * skipped without a word. Pure: it asks nobody anything.
 */
import { digest, type Journal, type Seen, type Sent } from './journal.js';

/** A channel as the server's own history gives it, from the first record to the head. */
export interface ChannelRecords {
  readonly channel: string;
  readonly epoch: string;
  readonly records: readonly Seen[];
}

export type ViolationKind =
  /** An acknowledged message is not in the log where the acknowledgement says. */
  | 'lost'
  /** One message is in the log, or was seen, more than once. */
  | 'doubled'
  /** Messages are in the log, or were seen, in another order than they were sent. */
  | 'reordered'
  /** A reader was never given a record, or was given the one after it first. */
  | 'skipped'
  /** A reader was given something else than the log holds. */
  | 'altered'
  /** A reader was told of a gap where there is none. */
  | 'untrue-gap'
  /** The log has holes, or is another one than at the beginning. */
  | 'log'
  /** Someone is here and not present, or present and not here. */
  | 'presence'
  /** What could not be done in time, or was refused where it must not be. */
  | 'stuck';

export interface Violation {
  readonly kind: ViolationKind;
  /** For people to read. */
  readonly what: string;
}

/** At most so many of one kind are told of one reader in one channel: the first is what matters. */
const MOST = 3;

export function check(journals: readonly Journal[], channels: readonly ChannelRecords[]): Violation[] {
  const logs = new Map(channels.map((log) => [log.channel, log]));
  return [
    ...channels.flatMap(checkLog),
    ...journals.flatMap((journal) => [
      ...journal.complaints.map((what): Violation => ({ kind: 'stuck', what: `${journal.user}: ${what}` })),
      ...checkSent(journal, logs),
      ...channels.flatMap((log) => checkSeen(journal, log)),
      ...checkGaps(journal, logs),
    ]),
  ];
}

/** Offsets from 1 without holes, and no key of a sender twice. */
function checkLog({ channel, records }: ChannelRecords): Violation[] {
  const violations: Violation[] = [];
  const keys = new Map<string, number>();
  records.forEach(({ offset, sender, key }, index) => {
    const due = (records[0]?.offset ?? 1) + index;
    if (offset !== due)
      violations.push({ kind: 'log', what: `${channel} has ${offset} where ${due} is due` });
    if (key === undefined) return;
    const before = keys.get(`${sender} ${key}`);
    if (before !== undefined) {
      violations.push({
        kind: 'doubled',
        what: `${channel} holds ${key} of ${sender} at ${before} and ${offset}`,
      });
    }
    keys.set(`${sender} ${key}`, offset);
  });
  return violations.slice(0, MOST);
}

function checkSent(journal: Journal, logs: ReadonlyMap<string, ChannelRecords>): Violation[] {
  const violations: Violation[] = [];
  const records = ownRecords(journal, logs);
  const last = new Map<string, { readonly offset: number; readonly key: string }>();
  for (const sent of journal.sent) {
    const log = logs.get(sent.channel);
    const record = records.get(`${sent.channel} ${sent.key}`);
    violations.push(...checkAcknowledgements(journal, sent, log, record));
    if (!record) continue;
    const before = last.get(sent.channel);
    if (before && before.offset > record.offset) {
      violations.push({
        kind: 'reordered',
        what: `${journal.user} sent ${before.key} before ${sent.key}; ${sent.channel} has them at ${before.offset} and ${record.offset}`,
      });
    }
    last.set(sent.channel, { offset: record.offset, key: sent.key });
  }
  return violations;
}

/** What the log holds of the participant's own messages, by channel and key; the first where there are two. */
function ownRecords({ user, sent }: Journal, logs: ReadonlyMap<string, ChannelRecords>): Map<string, Seen> {
  const own = new Map<string, Seen>();
  for (const channel of new Set(sent.map((one) => one.channel))) {
    for (const record of logs.get(channel)?.records ?? []) {
      const name = `${channel} ${record.key}`;
      if (record.sender === user && !own.has(name)) own.set(name, record);
    }
  }
  return own;
}

function checkAcknowledgements(
  { user }: Journal,
  { channel, key, text, acknowledged, refused }: Sent,
  log: ChannelRecords | undefined,
  record: Seen | undefined,
): Violation[] {
  if (refused !== undefined)
    return [{ kind: 'stuck', what: `${user}: ${key} in ${channel} was refused: ${refused}` }];
  const violations: Violation[] = [];
  for (const { position } of acknowledged) {
    const { epoch, offset } = position;
    if (!record) {
      violations.push({
        kind: 'lost',
        what: `${channel} does not hold ${key} of ${user}, acknowledged at ${offset}`,
      });
    } else if (record.offset !== offset || log?.epoch !== epoch) {
      violations.push({
        kind: 'lost',
        what: `${channel} holds ${key} of ${user} at ${record.offset}; it was acknowledged at ${offset}`,
      });
    }
  }
  if (record && record.data !== digest({ type: 'message', text })) {
    violations.push({ kind: 'altered', what: `${channel} holds something else for ${key} of ${user}` });
  }
  return violations;
}

/** What one reader was given of one channel: contiguous, from where it began to the head, as the log holds it. */
function checkSeen(journal: Journal, log: ChannelRecords): Violation[] {
  const { channel, epoch } = log;
  const seen = journal.seen.get(channel) ?? [];
  const start = startOf(journal, log);
  if (start === undefined) return [];
  const violations: Violation[] = [];
  const violate = (kind: ViolationKind, what: string): void => {
    violations.push({ kind, what: `${journal.user} (${journal.kind}), ${channel}: ${what}` });
  };
  const first = log.records[0]?.offset ?? 1;
  const given = new Set<number>();
  let due = start + 1;
  for (const one of seen) {
    const { offset } = one;
    const record = log.records[offset - first];
    if (one.epoch !== epoch) violate('log', `${offset} came with epoch ${one.epoch}; the log's is ${epoch}`);
    else if (!record) violate('lost', `${offset} was given, and the log does not hold it`);
    else if (!sameRecord(record, one))
      violate('altered', `${offset} came as ${one.data}; the log holds ${record.data}`);
    if (given.has(offset)) violate('doubled', `${offset} came again`);
    else if (offset < due) violate('reordered', `${offset} came when ${due} was due`);
    else if (offset > due && !isTold(journal, channel, due, offset - 1)) {
      violate('skipped', `${offset} came when ${due} was due`);
    }
    given.add(offset);
    due = Math.max(due, offset + 1);
  }
  const head = log.records.at(-1)?.offset ?? 0;
  if (due <= head && !isTold(journal, channel, due, head)) violate('skipped', `${due} to ${head} never came`);
  return violations.slice(0, MOST);
}

/** The offset after which everything must have been seen; undefined where the reader does not belong. */
function startOf(journal: Journal, { channel }: ChannelRecords): number | undefined {
  const baseline = journal.baseline.get(channel);
  if (baseline) return baseline.offset;
  const joined = journal.joined.find((one) => one.channel === channel);
  if (!joined) return undefined;
  // The record of joining itself may be seen or not.
  const first = journal.seen.get(channel)?.[0]?.offset ?? Number.POSITIVE_INFINITY;
  return Math.min(joined.position.offset, first - 1);
}

function sameRecord(a: Seen, b: Seen): boolean {
  return a.data === b.data && a.sender === b.sender && a.key === b.key;
}

function isTold({ gaps }: Journal, channel: string, from: number, to: number): boolean {
  return gaps.some(
    (gap) => gap.channel === channel && (gap.from ?? Number.POSITIVE_INFINITY) <= from && gap.to >= to,
  );
}

/** A gap may only be told of records that are not there. */
function checkGaps(journal: Journal, logs: ReadonlyMap<string, ChannelRecords>): Violation[] {
  const violations: Violation[] = [];
  for (const { channel, reason, epoch, from, to } of journal.gaps) {
    const log = logs.get(channel);
    if (!log) continue;
    const first = log.records[0]?.offset ?? 1;
    if (reason === 'epoch' || epoch !== log.epoch || to >= first) {
      violations.push({
        kind: 'untrue-gap',
        what: `${journal.user} (${journal.kind}), ${channel}: told that ${from} to ${to} are gone (${reason}); the log holds ${first} onwards`,
      });
    }
  }
  return violations.slice(0, MOST);
}
