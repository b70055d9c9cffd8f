/** Which conversation is open, as the address says: `/chat#room:lobby`. Without one, the list of conversations. */
import { formatChannel, LOBBY, parseChannel } from '@fullduplex/wire';
import { Store } from '../state/store.js';

/** The channel a hash names, spelled as it is everywhere, or `undefined`. A misspelt one is given as it is. */
export function channelOf(hash: string): string | undefined {
  let written = hash.replace(/^#/, '');
  try {
    written = decodeURIComponent(written);
  } catch {
    // A stray percent sign is part of the name, then.
  }
  if (written === '') return undefined;
  try {
    return formatChannel(parseChannel(written));
  } catch {
    return written;
  }
}

export function hashOf(channel: string): string {
  return `#${encodeURIComponent(channel).replaceAll('%3A', ':').replaceAll('%2C', ',')}`;
}

export const route = new Store<string | undefined>(undefined);

/** Begins to follow the address. */
export function followAddress(): void {
  const read = (): void => route.set(channelOf(location.hash));
  addEventListener('hashchange', read);
  addEventListener('popstate', read);
  read();
}

/** Where one arrives: an address without a conversation opens the lobby. */
export function arrive(): void {
  if (route.get() !== undefined) return;
  history.replaceState(null, '', hashOf(LOBBY));
  route.set(LOBBY);
}

export function open(channel: string): void {
  if (channel === route.get()) return;
  history.pushState(null, '', hashOf(channel));
  route.set(channel);
}

/** Back to the list of conversations, on a narrow page. */
export function openList(): void {
  history.pushState(null, '', location.pathname + location.search);
  route.set(undefined);
}
