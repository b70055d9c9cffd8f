/** What every part of the signed-in page can reach: the model, the network switch, and the page's own doings. */
import { createContext, useContext } from 'react';
import type { Chat } from '../state/chat.js';
import type { Network } from '../state/network.js';
import type { PreferenceStore } from './preferences.js';

export type Panel = 'switcher' | 'rooms' | 'new-room';

export interface PageContext {
  readonly chat: Chat;
  readonly network: Network;
  readonly preferences: PreferenceStore;
  /** Where what was begun and not sent is kept. */
  readonly drafts: Storage;
  /** Cuts this window off from the network, or lets it back. */
  readonly goOnline: (online: boolean) => void;
  readonly signOut: () => void;
  /** Opens one of the floating panels; `text` is what its field begins with. */
  readonly show: (panel: Panel, text?: string) => void;
}

const Page = createContext<PageContext | undefined>(undefined);
export const PageProvider = Page;

export function usePage(): PageContext {
  const page = useContext(Page);
  if (!page) throw new Error('usePage is used outside of PageProvider.');
  return page;
}
