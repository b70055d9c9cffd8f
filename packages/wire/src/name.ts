/**
 * Names of users and rooms: 1 to 64 characters after NFC normalisation, letters and digits of any script (with the
 * marks that belong to them), `_`, `.` and `-`. Two names that differ only in case are one.
 */
import { CommandError } from './errors.js';

/** In characters (code points), after normalisation. */
export const MAX_NAME_LENGTH = 64;

/** Letters and digits with the marks that belong to them: a mark has something before it to stand on. */
const NAME = /^[\p{L}\p{N}_.-][\p{L}\p{N}\p{M}_.-]*$/u;
/** Letters and marks that nobody sees: with them, two names would look alike. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

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
  if (Array.from(name).length > MAX_NAME_LENGTH || !NAME.test(name) || INVISIBLE.test(name)) throw invalid();
  return name;
}

/** What two spellings of one name have in common; compare and index by this, show the name itself. */
export function foldName(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  return Array.from(name.normalize('NFC'), foldCharacter).join('').normalize('NFC');
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * Unicode's simple case folding: by way of the capital, since some letters have two small forms (the Greek sigma within
 * a word and at its end), but never from one letter to two, nor from the dotless i to the dotted one.
 */
function foldCharacter(character: string): string {
  if (character === '\u0131') return character;
  const capital = character.toUpperCase();
  return (Array.from(capital).length === 1 ? capital : character).toLowerCase();
}

function invalid(): CommandError {
  return new CommandError(
    'invalid_name',
    `A name has 1 to ${MAX_NAME_LENGTH} letters or digits of any script, "_", "." or "-".`,
  );
}
