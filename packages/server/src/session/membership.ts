/** Reads from the records of a user's own feed what the user came to belong to, or no longer does. */
import type { LogRecord } from '../log/channel-log.js';

export interface MembershipChange {
  readonly type: 'joined' | 'left';
  readonly channel: string;
}

export function membershipChange(record: LogRecord): MembershipChange | undefined {
  // Read positions make up most of such a feed; they need no parsing.
  if (!record.data.includes('"joined"') && !record.data.includes('"left"')) return undefined;
  const data: unknown = JSON.parse(record.data);
  if (typeof data !== 'object' || data === null) return undefined;
  const { type, channel } = data as { type?: unknown; channel?: unknown };
  if ((type !== 'joined' && type !== 'left') || typeof channel !== 'string') return undefined;
  return { type, channel };
}
