/** How users become known: by signing in, or by being written to, or invited, before they ever did. */
import { CommandError, foldName, LOBBY, parseName } from '@fullduplex/wire';
import type { Condition, Fact, FactChange } from '../log/log.js';
import type { Context } from './context.js';
import { requireCount } from './counts.js';
import { decideChange } from './decide.js';
import { belongingsPrefix, USER_COUNT, userKey, userOf } from './facts.js';
import { joining } from './joining.js';
import type { User } from './user.js';
import { hasSignedIn, UserMemberships } from './user-memberships.js';

/** A user as an append finds them, who may become known by it. */
export interface Arrival {
  readonly user: User;
  /** What makes them known, where they are not yet. */
  readonly facts: readonly FactChange[];
  readonly when: readonly Condition[];
}

/** Users are asked for with every command: each fact is read once. */
const USERS = new WeakMap<Fact, User>();

/** How near to the limit of users their number is named, so that it cannot be passed. */
const NEAR_USERS = 1000;

/** @throws {NotLoaded} */
export function findUser(context: Context, name: string): User | undefined {
  const fold = foldName(name);
  const fact = context.facts.get(userKey(fold));
  return fact && userFrom(fact, fold);
}

/** @throws {CommandError} `unknown_user`: only who has signed in may do anything */
export function requireUser(context: Context, name: string): User {
  const user = findUser(context, name);
  if (user === undefined) throw new CommandError('unknown_user', 'No user of this name has signed in.');
  return user;
}

/** @throws {NotLoaded} */
export function membershipsOf(context: Context, user: User): UserMemberships {
  return context.facts.getSet(belongingsPrefix(user.fold), (watched) => new UserMemberships(user, watched));
}

/**
 * The user of this name, and what makes them known with an append where nobody is.
 *
 * @param name as `parseName` gives it
 * @throws {CommandError} `limit_exceeded`
 */
export function arrive(context: Context, name: string): Arrival {
  const { facts, limits } = context;
  const fold = foldName(name);
  const key = userKey(fold);
  const fact = facts.get(key);
  if (fact !== undefined) {
    return { user: userFrom(fact, fold), facts: [], when: [{ key, id: fact.id }] };
  }
  const when = requireCount(context, USER_COUNT, limits.maxUsers, NEAR_USERS, () => {
    const message = `This server knows ${limits.maxUsers} users and takes no more.`;
    return new CommandError('limit_exceeded', message);
  });
  return {
    user: makeUser(name, fold),
    facts: [
      { key, value: JSON.stringify({ name }) },
      { key: USER_COUNT, add: 1 },
    ],
    when: [{ key, id: 0 }, ...when],
  };
}

/**
 * Makes the user known and a member of the lobby, both durably.
 *
 * @throws {CommandError} `invalid_name`, `limit_exceeded`, and what appending throws
 */
export async function signIn(context: Context, input: unknown): Promise<User> {
  const name = parseName(input);
  return decideChange(context, foldName(name), () => {
    const arrival = arrive(context, name);
    const { user } = arrival;
    const isKnown = arrival.facts.length === 0;
    if (isKnown && hasSignedIn(membershipsOf(context, user))) return { result: user };
    const lobby = { channel: LOBBY, fold: foldName(LOBBY.slice(LOBBY.indexOf(':') + 1)) };
    const { records, facts, when } = joining(context, lobby, user, 'member');
    return {
      append: { records, facts: [...arrival.facts, ...facts], when: [...arrival.when, ...when] },
      answer: () => user,
    };
  });
}

function userFrom(fact: Fact, fold: string): User {
  let user = USERS.get(fact);
  if (user === undefined) {
    user = makeUser(userOf(fact).name, fold);
    USERS.set(fact, user);
  }
  return user;
}

function makeUser(name: string, fold: string): User {
  return { name, fold, feed: `user:${name}` };
}
