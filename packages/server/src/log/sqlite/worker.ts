/** The entry of the log's threads, one that writes and one that reads: answers calls, one by one, in their order. */
import { parentPort } from 'node:worker_threads';
import type { ReadRequest } from './log.js';
import type { Batch } from './sqlite-batch.js';
import { SqliteReader } from './sqlite-reader.js';
import { type StorageOptions, toLogError } from './sqlite-schema.js';
import type { Call, Outcome } from './sqlite-thread.js';
import { SqliteWriter } from './sqlite-writer.js';

let writer: SqliteWriter | undefined;
let reader: SqliteReader | undefined;

/** What can be called. Every name of `Calls` is here, and answers as it says. */
const handlers: { readonly [Name in Call['name']]: (argument: never) => unknown } = {
  openWriter: (options: StorageOptions) => {
    writer = new SqliteWriter(options);
  },
  openReader: (file: string) => {
    reader = new SqliteReader(file);
  },
  commit: (batch: Batch) => opened(writer).commit(batch),
  trim: ({ channel, before }: { channel: string; before: number }) => opened(writer).trim(channel, before),
  extents: (channels: readonly string[]) => opened(reader).extents(channels),
  channels: ({ after, limit }: { after: number; limit: number }) => opened(reader).channels(after, limit),
  read: (request: ReadRequest) => opened(reader).read(request),
  facts: (prefix: string) => opened(reader).facts(prefix),
  close: () => {
    writer?.close();
    reader?.close();
    writer = undefined;
    reader = undefined;
  },
};

function opened<Storage>(storage: Storage | undefined): Storage {
  if (storage === undefined) throw new Error('the database is not open');
  return storage;
}

function answer(call: Call): Outcome {
  try {
    return { value: handlers[call.name](call.argument as never) };
  } catch (error) {
    const { code, message } = toLogError(error);
    return { error: { code, message } };
  }
}

parentPort?.on('message', (call: Call) => parentPort?.postMessage(answer(call)));
