/** The log's incarnations: which one an id belongs to, and whether a place lies on a branch that was lost. */
import type { Epoch } from './log.js';

/** The epoch that the id was given in; the present one for an id that is still to come. */
export function epochAt(epochs: readonly Epoch[], id: number): string {
  return (epochs.findLast(({ first }) => first <= Math.max(id, 1)) ?? epochs[0]!).name;
}

/**
 * Whether what a reader has up to the id of this epoch is something else than what the log has: the epoch is none of
 * this log's, or it ended before the id. (Of the present epoch nothing can be said by this: it has no end.)
 */
export function isForked(epochs: readonly Epoch[], epoch: string, id: number): boolean {
  const index = epochs.findIndex(({ name }) => name === epoch);
  if (index === -1) return true;
  const next = epochs[index + 1];
  return next !== undefined && id >= next.first;
}

/** The first id that is of an epoch that was not known; undefined: there is none. */
export function newBranch(known: readonly Epoch[], now: readonly Epoch[]): number | undefined {
  return now.find(({ name }, index) => known[index]?.name !== name)?.first;
}
