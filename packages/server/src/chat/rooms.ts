/** Rooms: making them, and finding those that there are. */
import {
  CommandError,
  type CommandParams,
  type CommandResults,
  foldName,
  parseName,
  type RoomSummary,
} from '@fullduplex/wire';
import { asked, type Context } from './context.js';
import { requireCount } from './counts.js';
import { decideChange, look } from './decide.js';
import {
  LISTED,
  listedKey,
  memberCountKey,
  numberOf,
  type RoomFact,
  roomKey,
  roomOf,
  roomsMadeKey,
} from './facts.js';
import { joining, requirePlace } from './joining.js';
import { isStorable, requireAfter, requireKey } from './text.js';
import type { User } from './user.js';
import { membershipsOf } from './users.js';

const DEFAULT_LIST = 100;
/** How near to the limit of rooms made their number is named, so that it cannot be passed. */
const NEAR_ROOMS = 8;

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
  const { facts, limits } = context;
  const name = parseName(params.name);
  const key = requireKey(params.key);
  const fold = foldName(name);
  const channel = `room:${name}`;
  const room: RoomFact = {
    name,
    ...(params.private === true ? { private: true } : {}),
    owner: user.fold,
    ...(key === undefined ? {} : { key }),
  };
  return decideChange(context, user.fold, () => {
    const [taken] = facts.getAll([roomKey(fold), roomsMadeKey(user.fold), memberCountKey(channel)]);
    if (taken !== undefined) {
      const other = roomOf(taken);
      if (key !== undefined && other.key === key && other.owner === user.fold) {
        return { result: { channel: `room:${other.name}` } };
      }
      throw new CommandError('room_exists', 'This name is taken by another room.');
    }
    const place = requirePlace(context, user, membershipsOf(context, user));
    const made = requireCount(context, roomsMadeKey(user.fold), limits.maxRoomsPerUser, NEAR_ROOMS, () => {
      const message = `You made ${limits.maxRoomsPerUser} rooms, and no one may make more.`;
      return new CommandError('limit_exceeded', message);
    });
    const joined = joining(context, { channel, fold }, user, 'owner');
    return {
      append: {
        records: joined.records,
        facts: [
          { key: roomKey(fold), value: JSON.stringify(room) },
          ...(room.private ? [] : [{ key: listedKey(fold), value: name }]),
          { key: roomsMadeKey(user.fold), add: 1 },
          ...joined.facts,
        ],
        when: [{ key: roomKey(fold), id: 0 }, ...joined.when, ...place, ...made],
      },
      answer: () => ({ channel }),
    };
  });
}

/**
 * Public rooms by name, in pages: those whose folded name begins with the query.
 *
 * @throws {CommandError} `bad_request`, and what reading throws
 */
export async function listRooms(
  context: Context,
  user: User,
  { query = '', limit = DEFAULT_LIST, after }: CommandParams['room.list'],
): Promise<CommandResults['room.list']> {
  const from = requireAfter(after);
  const wanted = foldName(query);
  if (!isStorable(wanted)) return { rooms: [] };
  const start = from === undefined ? undefined : listedKey(from);
  const { facts } = await asked(context.log.list(listedKey(wanted), limit + 1, start));
  const listed = facts.slice(0, limit);
  const counts = listed.map(({ value }) => memberCountKey(`room:${value}`));
  const rooms = await look(context, user.fold, (): RoomSummary[] => {
    const members = context.facts.getAll(counts);
    const memberships = membershipsOf(context, user);
    return listed.map(({ value: name }, index) => {
      const channel = `room:${name}`;
      const joined = memberships.get(channel) !== undefined;
      return { channel, name, private: false, members: numberOf(members[index]), joined };
    });
  });
  if (facts.length <= limit) return { rooms };
  return { rooms, next: listed.at(-1)!.key.slice(LISTED.length) };
}
