/** What was begun and not sent, by channel: it is there again when one comes back to the conversation. */

const PREFIX = 'fullduplex.draft:';
const EDIT = 'fullduplex.edit:';

type Reads = Pick<Storage, 'getItem'>;
type Writes = Pick<Storage, 'setItem' | 'removeItem'>;

/** The change of a message that is under way. */
export interface KeptEdit {
  /** The message's. */
  readonly offset: number;
  readonly text: string;
}

export function readDraft(storage: Reads, user: string, channel: string): string {
  return storage.getItem(`${PREFIX}${user}:${channel}`) ?? '';
}

export function keepDraft(storage: Writes, user: string, channel: string, text: string): void {
  put(storage, `${PREFIX}${user}:${channel}`, text);
}

export function readEdit(storage: Reads, user: string, channel: string): KeptEdit | undefined {
  try {
    const kept = JSON.parse(storage.getItem(`${EDIT}${user}:${channel}`) ?? '') as Partial<KeptEdit>;
    const { offset, text } = kept;
    return typeof offset === 'number' && typeof text === 'string' ? { offset, text } : undefined;
  } catch {
    return undefined;
  }
}

export function keepEdit(storage: Writes, user: string, channel: string, edit: KeptEdit): void {
  put(storage, `${EDIT}${user}:${channel}`, JSON.stringify(edit));
}

export function dropEdit(storage: Writes, user: string, channel: string): void {
  put(storage, `${EDIT}${user}:${channel}`, '');
}

function put(storage: Writes, key: string, text: string): void {
  try {
    if (text === '') storage.removeItem(key);
    else storage.setItem(key, text);
  } catch {
    // A full storage costs the draft after a reload, nothing more.
  }
}
