/** What was begun and not sent, by channel: it is there again when one comes back to the conversation. */

const PREFIX = 'fullduplex.draft:';

export function readDraft(storage: Pick<Storage, 'getItem'>, user: string, channel: string): string {
  return storage.getItem(`${PREFIX}${user}:${channel}`) ?? '';
}

export function keepDraft(
  storage: Pick<Storage, 'setItem' | 'removeItem'>,
  user: string,
  channel: string,
  text: string,
): void {
  const key = `${PREFIX}${user}:${channel}`;
  try {
    if (text === '') storage.removeItem(key);
    else storage.setItem(key, text);
  } catch {
    // A full storage costs the draft after a reload, nothing more.
  }
}
