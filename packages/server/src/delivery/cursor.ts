/**
 * A reader's place in everything as one opaque string: the epoch, and the id up to which everything was given. It is
 * the same for all readers and grants nothing: what may be read is judged anew at each reading.
 */
import { CommandError } from '@fullduplex/wire';
import { isForked } from '../log/epochs.js';
import type { Log } from '../log/log.js';

export interface Place {
  readonly epoch: string;
  readonly id: number;
}

/** The form's version; comes first in the string. */
const VERSION = '2';
const MAX_LENGTH = 64;
const FORM = /^2([0-9a-z]{1,11})\.([A-Za-z0-9_-]{1,48})$/;

/** Safe in a URL, a header, JSON and an event's id; at most 64 bytes. Equal places give equal strings. */
export function encodeCursor(epoch: string, id: number): string {
  return `${VERSION}${id.toString(36)}.${epoch}`;
}

/** @throws {CommandError} `invalid_cursor` */
export function decodeCursor(text: string): Place {
  const found = text.length > MAX_LENGTH ? null : FORM.exec(text);
  const id = Number.parseInt(found?.[1] ?? '', 36);
  if (found === null || !Number.isSafeInteger(id)) throw invalid();
  return { epoch: found[2]!, id };
}

/**
 * The id to read on from. A place beyond what this node has waits for it; one that lies on a branch of the log that was
 * lost, or in another log, is good for nothing.
 *
 * @throws {CommandError} `invalid_cursor`
 * @throws {LogError}
 */
export async function resolvePlace(log: Log, place: Place): Promise<number> {
  if (isForked(log.epochs, place.epoch, place.id)) {
    // A node that is late does not know the newest epoch.
    await log.catchUp();
    if (isForked(log.epochs, place.epoch, place.id)) throw lost();
  }
  if (place.id > log.position) {
    await log.catchUp();
    if (place.id > log.position) throw lost();
  }
  return place.id;
}

function invalid(): CommandError {
  return new CommandError(
    'invalid_cursor',
    'This cursor is none that the server gave out: ask again without one, and fill each channel by offset.',
  );
}

/** What a reader is told whose place is on a branch of the log that was lost. */
export function lost(): CommandError {
  return new CommandError(
    'invalid_cursor',
    'This cursor is of a log that was lost: ask again without one, and fill each channel by offset.',
  );
}
