/** One message of the outbox, and the two forms it is given out in: to the app, and to the storage. */
import type { Position } from '@fullduplex/wire';
import { ClientError, type PendingMessage, type StoredMessage } from '../types.js';

export interface Entry {
  readonly key: string;
  readonly channel: string;
  readonly text: string;
  readonly time: number;
  status: PendingMessage['status'];
  position?: Position;
  error?: ClientError;
  readonly done: Promise<PendingMessage>;
  readonly settle: (message: PendingMessage) => void;
  /** Given out already and still true. */
  snapshot: PendingMessage | undefined;
}

/** A message that waits to be sent, or one that was kept. */
export function restore({ key, channel, text, time, failed }: StoredMessage): Entry {
  let settle: Entry['settle'] = () => {};
  const done = new Promise<PendingMessage>((resolve) => {
    settle = resolve;
  });
  const entry: Entry = {
    key,
    channel,
    text,
    time,
    status: failed ? 'failed' : 'pending',
    done,
    settle,
    snapshot: undefined,
  };
  if (failed) {
    entry.error = new ClientError(failed.code, failed.message, { retryable: false });
    settle(snapshot(entry));
  }
  return entry;
}

export function snapshot(entry: Entry): PendingMessage {
  const { key, channel, text, time, status, position, error, done } = entry;
  entry.snapshot ??= {
    key,
    channel,
    text,
    time,
    status,
    ...(position && { position }),
    ...(error && { error }),
    done,
  };
  return entry.snapshot;
}

export function store({ key, channel, text, time, error }: Entry): StoredMessage {
  return {
    key,
    channel,
    text,
    time,
    ...(error && { failed: { code: error.code, message: error.message } }),
  };
}
