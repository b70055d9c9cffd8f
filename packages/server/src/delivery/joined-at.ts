/** Finds where in a channel a user's membership begins, for a reader that has no position there yet. */
import type { Gap, Position } from '@fullduplex/wire';
import type { ChannelLog, LogRecord } from '../log/channel-log.js';

/** How far back the record of joining is looked for. Who joined longer ago is told of a gap. */
const FARTHEST = 10_000;
const PAGE = 500;

/** The position just before the record by which the user joined, so that this record itself is the first one read. */
export async function joinedAt(
  log: ChannelLog,
  channel: string,
  user: string,
): Promise<{ readonly position: Position; readonly gap?: Gap }> {
  // What is read here is about what the reader is then given: it costs the answer's order, not more.
  let before: number | undefined;
  let seen = 0;
  let head: Position | undefined;
  for (;;) {
    const page = await log.read({
      channel,
      limit: PAGE,
      newestFirst: true,
      ...(before === undefined ? {} : { before }),
    });
    head ??= page.head;
    const { records } = page;
    const joined = records.findLast((record) => isJoin(record, channel, user));
    if (joined !== undefined) return { position: { epoch: head.epoch, offset: joined.offset - 1 } };
    const first = records[0];
    if (first === undefined || first.offset === 1) return { position: { epoch: head.epoch, offset: 0 } };
    before = first.offset;
    seen += records.length;
    if (seen >= FARTHEST) {
      const position = { epoch: head.epoch, offset: before - 1 };
      const gap: Gap = {
        channel,
        reason: 'retention',
        epoch: head.epoch,
        from: 1,
        to: before - 1,
        oldest: before,
        head: head.offset,
      };
      return { position, gap };
    }
  }
}

function isJoin(record: LogRecord, channel: string, user: string): boolean {
  if (!record.data.includes('"joined"')) return false;
  const data: unknown = JSON.parse(record.data);
  if (typeof data !== 'object' || data === null) return false;
  const fields = data as { type?: unknown; user?: unknown; channel?: unknown };
  return fields.type === 'joined' && fields.user === user && fields.channel === channel;
}
