/** Rooms: making them, and finding those that there are. */
import {
  CommandError,
  type CommandParams,
  type CommandResults,
  foldName,
  parseName,
  type RoomSummary,
} from '@fullduplex/wire';
import { canSee } from './access.js';
import { appendOr, type Context } from './context.js';
import type { Room, User } from './directory.js';
import { roomFact } from './facts.js';
import { joinedRoom } from './membership.js';
import { requireKey } from './text.js';
import { requirePlace, userLock } from './users.js';

const DEFAULT_LIST = 100;

/**
 * Makes a room, with its maker as owner and first member. The same key again by the same user gives the same answer.
 *
 * @throws {CommandError} `invalid_name`, `room_exists`, `limit_exceeded`, and what appending throws
 */
export async function createRoom(
  context: Context,
  user: User,
  params: CommandParams['room.create'],
): Promise<CommandResults['room.create']> {
  const { directory, locks, limits } = context;
  const name = parseName(params.name);
  const key = requireKey(params.key);
  return locks.run(`room/${foldName(name)}`, async () => {
    const taken = directory.room(name);
    if (taken !== undefined) {
      if (key !== undefined && taken.key === key && taken.owner === user) return { channel: taken.channel };
      throw new CommandError('room_exists', 'This name is taken by another room.');
    }
    return locks.run(userLock(user.fold), async () => {
      requirePlace(context, user);
      if (user.roomsMade >= limits.maxRoomsPerUser) {
        throw new CommandError(
          'limit_exceeded',
          `You made ${limits.maxRoomsPerUser} rooms, and no one may make more.`,
        );
      }
      const room = directory.addRoom({
        name,
        private: params.private === true,
        owner: user,
        key,
        provisional: true,
      });
      directory.addMember(room, user, 'owner');
      const { records, facts = [] } = joinedRoom(room, user, 'owner');
      await appendOr(context, { records, facts: [factOf(room), ...facts] }, () => directory.removeRoom(room));
      room.provisional = false;
      return { channel: room.channel };
    });
  });
}

/** The rooms that the user may see, the largest first; of equal ones by name. */
export function listRooms(
  context: Context,
  user: User,
  { query = '', limit = DEFAULT_LIST }: CommandParams['room.list'],
): CommandResults['room.list'] {
  const wanted = foldName(query);
  const found: Room[] = [];
  for (const room of context.directory.rooms()) {
    if (room.fold.includes(wanted) && canSee(room, user)) found.push(room);
  }
  found.sort((a, b) => b.members.size - a.members.size || (a.fold < b.fold ? -1 : 1));
  return { rooms: found.slice(0, limit).map((room) => summarize(room, user)) };
}

function summarize(room: Room, user: User): RoomSummary {
  return {
    channel: room.channel,
    name: room.name,
    private: room.private,
    members: room.members.size,
    joined: room.members.has(user),
  };
}

function factOf(room: Room) {
  return roomFact(room.fold, {
    name: room.name,
    ...(room.private ? { private: true as const } : {}),
    ...(room.owner === undefined ? {} : { owner: room.owner.fold }),
    ...(room.key === undefined ? {} : { key: room.key }),
  });
}
