/** Records as JSON text. The data goes in as the log holds it, so that nothing is parsed or built anew on its way out. */
import type { LogRecord } from '../log/log.js';
import { encodeCursor } from './cursor.js';

/** How one kind of reader gets records. Readers that share a format share each encoding. */
export interface Format {
  /** Records of one channel that come one after the other, as the messages to send. May be none. */
  encode(channel: string, records: readonly LogRecord[], epoch: string): readonly Encoded[];
}

export interface Encoded {
  readonly text: string;
  /** Of the last record in it: who was sent this message has everything up to here. */
  readonly offset: number;
}

/** `{"offset":7,"data":{…},"info":{"user":"alice","key":"k-1"},"time":1763600000000}` */
export function publicationJson(record: LogRecord): string {
  const key = record.key === undefined ? '' : `,"key":${JSON.stringify(record.key)}`;
  const info = `{"user":${JSON.stringify(record.sender)}${key}}`;
  return `{"offset":${record.offset},"data":${record.data},"info":${info},"time":${record.time}}`;
}

/** The same, complete in itself: with its channel and epoch. */
export function channelPublicationJson(epoch: string, record: LogRecord): string {
  const where = `{"channel":${JSON.stringify(record.channel)},"epoch":${JSON.stringify(epoch)},`;
  return where + publicationJson(record).slice(1);
}

/** The session's pushes of what the server subscribed: a line for each record, each with the place after it. */
export const PUSHES: Format = {
  encode(channel, records, epoch) {
    return pushes(channel, records, (record) => {
      const cursor = encodeCursor(epoch, record.id);
      return `${publicationJson(record).slice(0, -1)},"cursor":"${cursor}"}`;
    });
  },
};

/** The pushes of a channel that the client subscribed by itself: it stands for itself, and moves no place. */
export const BARE_PUSHES: Format = {
  encode(channel, records) {
    return pushes(channel, records, publicationJson);
  },
};

/** Bare texts of the messages among the records, each a message of its own. */
export const TEXTS: Format = {
  encode(_channel, records) {
    const messages: Encoded[] = [];
    for (const record of records) {
      const text = messageText(record);
      if (text !== undefined) messages.push({ text, offset: record.offset });
    }
    return messages;
  },
};

/** The text of a message; nothing when the record is of another type. */
export function messageText(record: LogRecord): string | undefined {
  // Most of what is no message is told apart without parsing it.
  if (!record.data.includes('"message"')) return undefined;
  const data: unknown = JSON.parse(record.data);
  if (typeof data !== 'object' || data === null) return undefined;
  const { type, text } = data as { type?: unknown; text?: unknown };
  return type === 'message' && typeof text === 'string' ? text : undefined;
}

function pushes(
  channel: string,
  records: readonly LogRecord[],
  encode: (record: LogRecord) => string,
): readonly Encoded[] {
  const last = records.at(-1);
  if (last === undefined) return [];
  const start = `{"push":{"channel":${JSON.stringify(channel)},"pub":`;
  let text = '';
  for (const record of records) text += `${text === '' ? '' : '\n'}${start}${encode(record)}}}`;
  return [{ text, offset: last.offset }];
}
