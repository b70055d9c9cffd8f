/** The records and facts by which someone comes to belong to a conversation, or no longer does. */
import type { JoinedData, LeftData } from '@fullduplex/wire';
import type { Append, NewRecord } from '../log/channel-log.js';
import type { Room, User } from './directory.js';
import { memberFact, type Role } from './facts.js';

/** @param by who added the user, where it was not themselves */
export function joinedRoom(room: Room, user: User, role: Role, by?: User): Append {
  return {
    records: [
      joinedRecord(room.channel, room.channel, user, by),
      joinedRecord(user.feed, room.channel, user, by),
    ],
    facts: [memberFact(room.fold, user.fold, role)],
  };
}

export function leftRoom(room: Room, user: User): Append {
  const left: LeftData = { type: 'left', user: user.name, channel: room.channel };
  const data = JSON.stringify(left);
  return {
    records: [
      { channel: room.channel, sender: user.name, data },
      { channel: user.feed, sender: user.name, data },
    ],
    facts: [memberFact(room.fold, user.fold, null)],
  };
}

/** @param into the channel that the record is appended to */
export function joinedRecord(into: string, channel: string, user: User, by?: User): NewRecord {
  const added = by === undefined || by === user ? {} : { by: by.name };
  const joined: JoinedData = { type: 'joined', user: user.name, channel, ...added };
  return { channel: into, sender: (by ?? user).name, data: JSON.stringify(joined) };
}
