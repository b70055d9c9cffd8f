/** What can be wrong, and how it is said. */

export type ViolationKind =
  /** An acknowledged message is not in the log where the acknowledgement says, or a reader was given what is not there. */
  | 'lost'
  /** One message is in the log, or was seen, more than once. */
  | 'doubled'
  /** Messages are in the log, or were seen, in another order than they were sent; in one conversation or across. */
  | 'reordered'
  /** A reader was never given a record, or was given a later one first. */
  | 'skipped'
  /** Retention took what a reader had not had, and the reader was not told. */
  | 'untold-gap'
  /** A reader was told of a gap where there is none. */
  | 'untrue-gap'
  /** A reader was given something else than the log holds, or the log holds something else than was sent. */
  | 'altered'
  /** The log holds what nobody sent. */
  | 'forged'
  /** Somebody was given, or wrote, what they had no right to. */
  | 'unentitled'
  /** A reader was given what was said before it belonged. */
  | 'early'
  /** A retry was answered as if it were new. */
  | 'false-answer'
  /** What was deleted is still to be read. */
  | 'undeleted'
  /** A read position that was acknowledged is not kept. */
  | 'receipt'
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

/** At most so many of one kind are told of one thing that is looked at: the first is what matters. */
const MOST = 3;

/** The first few of each kind. */
export function fewest(violations: readonly Violation[]): Violation[] {
  const counts = new Map<ViolationKind, number>();
  return violations.filter(({ kind }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= MOST;
  });
}
