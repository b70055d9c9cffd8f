/**
 * Positions in many channels as one opaque string. A cursor grants nothing: whoever reads from one still has to show
 * that the user may read each channel in it.
 */
import { CommandError, type Position } from '@fullduplex/wire';

export interface Cursor {
  /** Where the reader stands, by channel. */
  readonly positions: Map<string, Position>;
  /** Channels that the reader asked for besides those the user belongs to. */
  readonly asked: Set<string>;
}

/** The form's version; comes first in the string. */
const VERSION = '1';
const MAX_LENGTH = 128 * 1024;
const MAX_CHANNELS = 10_000;
const MAX_CHANNEL_LENGTH = 512;
const MAX_EPOCH_LENGTH = 64;

/** Safe in a URL, a header and an event's id. Equal positions give equal strings. */
export function encodeCursor(cursor: Cursor): string {
  // Nearly always one epoch: it is written once, with the offsets of its channels behind it.
  const epochs = new Map<string, (string | number)[]>();
  for (const [channel, position] of cursor.positions) {
    let entries = epochs.get(position.epoch);
    if (entries === undefined) {
      entries = [];
      epochs.set(position.epoch, entries);
    }
    entries.push(channel, position.offset);
  }
  const body: unknown[] = [Array.from(epochs, ([epoch, entries]) => [epoch, ...entries])];
  if (cursor.asked.size > 0) body.push([...cursor.asked]);
  return VERSION + toBase64Url(JSON.stringify(body));
}

/** @throws {CommandError} `invalid_cursor` */
export function decodeCursor(text: string): Cursor {
  if (text.length > MAX_LENGTH || !text.startsWith(VERSION)) throw invalid();
  const body = parse(text.slice(VERSION.length));
  if (!Array.isArray(body) || body.length < 1 || body.length > 2) throw invalid();
  const [groups, names = []] = body as unknown[];
  if (!Array.isArray(groups) || !Array.isArray(names)) throw invalid();
  const positions = new Map<string, Position>();
  for (const group of groups as unknown[]) readGroup(group, positions);
  const asked = new Set<string>();
  for (const name of names as unknown[]) asked.add(readChannel(name));
  if (positions.size > MAX_CHANNELS || asked.size > MAX_CHANNELS) throw invalid();
  return { positions, asked };
}

function readGroup(group: unknown, positions: Map<string, Position>): void {
  if (!Array.isArray(group) || group.length % 2 !== 1) throw invalid();
  const [epoch, ...entries] = group as unknown[];
  if (typeof epoch !== 'string' || epoch.length > MAX_EPOCH_LENGTH) throw invalid();
  for (let at = 0; at < entries.length; at += 2) {
    const offset = entries[at + 1];
    if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) throw invalid();
    positions.set(readChannel(entries[at]), { epoch, offset });
  }
}

function readChannel(value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_CHANNEL_LENGTH) throw invalid();
  return value;
}

function parse(text: string): unknown {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw invalid();
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw invalid(cause);
  }
}

function toBase64Url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function invalid(cause?: unknown): CommandError {
  return new CommandError(
    'invalid_cursor',
    'This cursor is none that the server gave out: ask again without one.',
    { cause },
  );
}
