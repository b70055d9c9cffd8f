/** What is counted and must not pass a limit, although many may count at once, on several nodes. */
import type { CommandError } from '@fullduplex/wire';
import type { Condition } from '../log/log.js';
import type { Context } from './context.js';
import { numberOf } from './facts.js';

/**
 * The count that an append which adds to it is to name. Only near the limit is there one: far from it, those who count
 * at once need not wait for one another.
 *
 * @param near how near
 * @param refuse gives the error where the limit is reached
 * @throws {CommandError} what `refuse` gives
 */
export function requireCount(
  { facts }: Context,
  key: string,
  limit: number,
  near: number,
  refuse: () => CommandError,
): readonly Condition[] {
  const fact = facts.get(key);
  const count = numberOf(fact);
  if (count >= limit) throw refuse();
  return count + near < limit ? [] : [{ key, id: fact?.id ?? 0 }];
}
