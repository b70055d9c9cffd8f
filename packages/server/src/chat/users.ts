/** How users become known: by signing in, or by being written to, or invited, before they ever did. */
import { CommandError, foldName, LOBBY, parseName } from '@fullduplex/wire';
import type { Fact } from '../log/channel-log.js';
import { appendOr, type Context } from './context.js';
import { hasSignedIn, type Room, type User } from './directory.js';
import { userFact } from './facts.js';
import { joinedRoom } from './membership.js';

/** The lock under which a user becomes known, and under which their memberships of rooms change. */
export function userLock(fold: string): string {
  return `user/${fold}`;
}

/**
 * Makes the user known and a member of the lobby, both durably.
 *
 * @throws {CommandError} `invalid_name`, `limit_exceeded`, and what appending throws
 */
export async function signIn(context: Context, input: unknown): Promise<User> {
  const { directory, locks } = context;
  const name = parseName(input);
  const known = directory.user(name);
  if (known !== undefined && hasSignedIn(known) && !locks.isHeld(userLock(known.fold))) return known;
  return withUser(context, name, async (user, arrival) => {
    if (hasSignedIn(user)) return user;
    const lobby = directory.conversation(LOBBY) as Room;
    const { records, facts = [] } = joinedRoom(lobby, user, 'member');
    directory.addMember(lobby, user, 'member');
    await appendOr(context, { records, facts: [...arrival, ...facts] }, () =>
      directory.removeMember(lobby, user),
    );
    return user;
  });
}

/**
 * Does the work under the user's lock. Who is not known becomes so: then the work must append `arrival` with what it
 * appends, and when it fails the user is not known after all.
 *
 * @param name as `parseName` gives it
 * @throws {CommandError} `limit_exceeded`, and what the work throws
 */
export function withUser<Result>(
  context: Context,
  name: string,
  work: (user: User, arrival: readonly Fact[]) => Promise<Result>,
): Promise<Result> {
  const { directory, limits, locks } = context;
  return locks.run(userLock(foldName(name)), async () => {
    const known = directory.user(name);
    if (known !== undefined) return work(known, []);
    if (directory.userCount >= limits.maxUsers) {
      throw new CommandError(
        'limit_exceeded',
        `This server knows ${limits.maxUsers} users and takes no more.`,
      );
    }
    const user = directory.addUser(name);
    try {
      return await work(user, [userFact(user.fold, user.name)]);
    } catch (error) {
      directory.removeUser(user);
      throw error;
    }
  });
}

/** @throws {CommandError} `limit_exceeded` when the user belongs to as many conversations as one may */
export function requirePlace(context: Context, user: User): void {
  const limit = context.limits.maxMembershipsPerUser;
  if (user.conversations.size < limit) return;
  throw new CommandError('limit_exceeded', `You belong to ${limit} conversations, and no one may to more.`);
}
