/**
 * Names of users and rooms: 1 to 64 characters after NFC normalisation, letters and digits of any script (with the
 * marks that belong to them), `_`, `.` and `-`. Two names that differ only in case are one.
 */
import { CommandError } from './errors.js';

/** In characters (code points), after normalisation. */
export const MAX_NAME_LENGTH = 64;

const NAME = /^[\p{L}\p{N}\p{M}_.-]+$/u;

/**
 * The name as it is stored and shown: normalised to NFC, its case kept.
 *
 * @throws {CommandError} `invalid_name`
 */
export function parseName(input: unknown): string {
  if (typeof input !== 'string') throw invalid();
  // A code point is at most two units, and NFC lengthens none of them past three: refuse before any work is done.
  if (input.length > MAX_NAME_LENGTH * 8) throw invalid();
  const name = input.normalize('NFC');
  if (Array.from(name).length > MAX_NAME_LENGTH || !NAME.test(name)) throw invalid();
  return name;
}

/** What two spellings of one name have in common; compare and index by this, show the name itself. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

function invalid(): CommandError {
  return new CommandError(
    'invalid_name',
    `A name has 1 to ${MAX_NAME_LENGTH} letters or digits of any script, "_", "." or "-".`,
  );
}
