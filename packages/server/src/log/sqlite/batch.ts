/**
 * A batch of appends as it crosses from the log to the thread that writes, and the reply as it comes back: few
 * objects and flat arrays, since each is copied on the way. It knows no storage.
 */

import type { PendingAppend } from './group-commit.js';
import { type Appended, LogError, type LogErrorCode, type LogRecord } from './log.js';

export interface Batch {
  /** Unique; who is given the same batch twice commits it once. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Every channel of the batch, once. */
  readonly channels: readonly string[];
  /** For each append: how many records it has, how many facts, and 1 if it has an `unless`. */
  readonly shape: readonly number[];
  /** For each record: the index of its channel. */
  readonly channelOf: readonly number[];
  /** For each append: sender, key and data of each record, then key and value of each fact, then its `unless`. */
  readonly texts: readonly (string | null)[];
}

export interface BatchReply {
  /** For each channel: its epoch. */
  readonly epochs: readonly string[];
  /** For each channel: the first offset that is still there. */
  readonly oldest: readonly number[];
  /** For each record of each append that was committed: offset, time, and 1 for a duplicate. */
  readonly numbers: readonly number[];
  /** The appends that were not committed, by index, in order. */
  readonly failures: readonly {
    readonly index: number;
    readonly code: LogErrorCode;
    readonly message: string;
  }[];
}

export function encodeBatch(id: string, time: number, pending: readonly PendingAppend[]): Batch {
  const index = new Map<string, number>();
  const shape: number[] = [];
  const channelOf: number[] = [];
  const texts: (string | null)[] = [];
  for (const { append } of pending) {
    const { facts = [], unless } = append;
    shape.push(append.records.length, facts.length, unless === undefined ? 0 : 1);
    for (const { channel, sender, key, data } of append.records) {
      let at = index.get(channel);
      if (at === undefined) {
        at = index.size;
        index.set(channel, at);
      }
      channelOf.push(at);
      texts.push(sender, key ?? null, data);
    }
    for (const fact of facts) texts.push(fact.key, fact.value);
    if (unless !== undefined) texts.push(unless);
  }
  return { id, time, channels: [...index.keys()], shape, channelOf, texts };
}

/** What one channel got by a batch. */
export interface ChannelRecords {
  readonly channel: string;
  readonly epoch: string;
  readonly oldest: number;
  /** Those that were appended, so without duplicates; may be none. */
  readonly records: LogRecord[];
}

export interface DecodedReply {
  /** For each append of the batch. */
  readonly results: readonly (readonly Appended[] | LogError)[];
  readonly channels: readonly ChannelRecords[];
}

export function decodeReply(
  pending: readonly PendingAppend[],
  batch: Batch,
  reply: BatchReply,
): DecodedReply {
  const channels = batch.channels.map(
    (channel, at): ChannelRecords => ({
      channel,
      epoch: reply.epochs[at]!,
      oldest: reply.oldest[at]!,
      records: [],
    }),
  );
  const failures = new Map(
    reply.failures.map(({ index, code, message }) => [index, new LogError(code, message)]),
  );
  let record = 0;
  let number = 0;
  const results = pending.map(({ append }, index) => {
    const failure = failures.get(index);
    if (failure !== undefined) {
      record += append.records.length;
      return failure;
    }
    return append.records.map((appended): Appended => {
      const into = channels[batch.channelOf[record++]!]!;
      const offset = reply.numbers[number++]!;
      const time = reply.numbers[number++]!;
      const duplicate = reply.numbers[number++] === 1;
      if (!duplicate) into.records.push({ ...appended, offset, time });
      return { position: { epoch: into.epoch, offset }, time, duplicate };
    });
  });
  return { results, channels };
}
