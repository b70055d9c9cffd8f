/** The entry of the log's threads, of which each opens one connection: answers calls, one by one, in their order. */
import { parentPort } from 'node:worker_threads';
import type Database from 'libsql';
import type { Argument, CallName, CheckpointMode, CheckpointResult, Value } from './calls.js';
import { buildMigrated } from './migrate.js';
import { SqliteReader } from './reader.js';
import { openForCheckpoints, prepareRows, toLogError } from './schema.js';
import type { Call, Outcome } from './thread.js';
import { SqliteWriter } from './writer.js';

let writer: SqliteWriter | undefined;
let reader: SqliteReader | undefined;
let checkpoints: Database.Database | undefined;

const handlers: { readonly [Name in CallName]: (argument: Argument<Name>) => Value<Name> } = {
  openMigration: (file) => buildMigrated(file),
  openWriter: (options) => {
    writer = new SqliteWriter(options);
    return writer.opened;
  },
  openReader: (file) => {
    reader = new SqliteReader(file);
  },
  openCheckpoints: (options) => {
    checkpoints = openForCheckpoints(options);
  },
  commit: (batch) => opened(writer).commit(batch),
  trim: ({ channel, before }) => opened(writer).trim(channel, before),
  checkpoint: (mode) => checkpoint(opened(checkpoints), mode),
  state: () => opened(reader).state(),
  tail: ({ after, limit, maxBytes }) => opened(reader).tail(after, limit, maxBytes),
  read: ({ request, upTo }) => opened(reader).read(request, upTo),
  readAfter: (request) => opened(reader).readAfter(request),
  extents: ({ channels, upTo }) => opened(reader).extents(channels, upTo),
  facts: (keys) => opened(reader).facts(keys),
  list: ({ prefix, limit, after, maxBytes }) => opened(reader).list(prefix, limit, after, maxBytes),
  channels: ({ after, limit }) => opened(reader).channels(after, limit),
  close: () => {
    checkpoints?.close();
    reader?.close();
    writer?.close();
    checkpoints = undefined;
    reader = undefined;
    writer = undefined;
  },
};

function checkpoint(db: Database.Database, mode: CheckpointMode): CheckpointResult {
  const [, pages, copied] = prepareRows(db, `PRAGMA wal_checkpoint(${mode})`).get() as [
    number,
    number,
    number,
  ];
  return { pages, copied };
}

function opened<Connection>(connection: Connection | undefined): Connection {
  if (connection === undefined) throw new Error('the database is not open');
  return connection;
}

function answer({ number, name, argument }: Call): Outcome {
  try {
    return { number, value: handlers[name](argument as never) };
  } catch (error) {
    const { code, message } = toLogError(error);
    return { number, error: { code, message } };
  }
}

parentPort?.on('message', (call: Call) => {
  parentPort?.postMessage(answer(call));
  // Then there is nothing left to wait for, and the thread ends.
  if (call.name === 'close') parentPort?.close();
});
