/** What the log's threads can be asked, and what they answer. */
import type { ChannelExtent, ReadRequest } from '../log.js';
import type { Extent, StorageState } from '../storage.js';
import type { Batch, BatchReply } from './batch.js';
import type { ChannelRows, FactRows, MergedRows, MergedRowsRequest, TailRows } from './reader.js';
import type { DatabaseOptions } from './schema.js';
import type { WriterOpened, WriterOptions } from './writer.js';

export interface Calls {
  openMigration: { argument: string; value: boolean };
  openWriter: { argument: WriterOptions; value: WriterOpened };
  openReader: { argument: string; value: undefined };
  openCheckpoints: { argument: DatabaseOptions; value: undefined };
  commit: { argument: Batch; value: BatchReply };
  trim: {
    argument: { readonly channel: string; readonly before: number };
    value: { readonly oldest: number; readonly more: boolean };
  };
  checkpoint: { argument: CheckpointMode; value: CheckpointResult };
  state: { argument: undefined; value: StorageState };
  tail: {
    argument: { readonly after: number; readonly limit: number; readonly maxBytes: number };
    value: TailRows;
  };
  read: { argument: { readonly request: ReadRequest; readonly upTo: number }; value: ChannelRows };
  readAfter: { argument: MergedRowsRequest; value: MergedRows };
  extents: {
    argument: { readonly channels: readonly string[]; readonly upTo: number };
    value: readonly Extent[];
  };
  facts: { argument: readonly string[]; value: FactRows };
  list: {
    argument: {
      readonly prefix: string;
      readonly limit: number;
      readonly after: string | undefined;
      readonly maxBytes: number;
    };
    value: FactRows;
  };
  channels: {
    argument: { readonly after: number; readonly limit: number };
    value: readonly ChannelExtent[];
  };
  close: { argument: undefined; value: undefined };
}

export type CallName = keyof Calls;
export type Argument<Name extends CallName> = Calls[Name]['argument'];
export type Value<Name extends CallName> = Calls[Name]['value'];

/** `PASSIVE` holds up nobody; `RESTART` holds up commits, and has the next one begin the write-ahead log anew. */
export type CheckpointMode = 'PASSIVE' | 'RESTART';

export interface CheckpointResult {
  /** Pages in the write-ahead log, and those of them that were copied into the file. */
  readonly pages: number;
  readonly copied: number;
}
