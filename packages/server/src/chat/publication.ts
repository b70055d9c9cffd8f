/** Records of the log as the publications that callers are given. */
import type { Publication } from '@fullduplex/wire';
import type { LogRecord } from '../log/log.js';

export function toPublication(record: LogRecord): Publication {
  const { offset, sender, key, time } = record;
  const info = key === undefined ? { user: sender } : { user: sender, key };
  return { offset, data: JSON.parse(record.data) as unknown, info, time };
}

/** The `type` of a record's data; undefined when it has none. Parses only what this server did not write itself. */
export function typeOf(data: string): string | undefined {
  if (data.startsWith('{"type":"')) {
    const end = data.indexOf('"', 9);
    const type = data.slice(9, end);
    if (!type.includes('\\')) return type;
  }
  const parsed = JSON.parse(data) as { readonly type?: unknown } | null;
  return typeof parsed?.type === 'string' ? parsed.type : undefined;
}
