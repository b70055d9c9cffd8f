/** The signed-in page: the list, the open conversation, the floating panels, and the keys that work everywhere. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Conversation } from '../conversation/conversation.js';
import { BrowseRooms } from '../rooms/browse-rooms.js';
import { NewRoom } from '../rooms/new-room.js';
import { Sidebar } from '../sidebar/sidebar.js';
import type { Chat } from '../state/chat.js';
import { describeChannel, totalUnread } from '../state/conversations.js';
import type { Network } from '../state/network.js';
import { Switcher } from '../switcher/switcher.js';
import { watchAttention } from './attention.js';
import { type PageContext, PageProvider, type Panel } from './page.js';
import { isMac } from './platform.js';
import type { PreferenceStore } from './preferences.js';
import { route } from './route.js';
import { useStore } from './use-store.js';
import { useWords } from './words.js';

interface ChatPageProps {
  readonly chat: Chat;
  readonly network: Network;
  readonly preferences: PreferenceStore;
  readonly drafts: Storage;
  readonly onSignOut: () => void;
}

export function ChatPage({ chat, network, preferences, drafts, onSignOut }: ChatPageProps) {
  const { t } = useWords();
  const channel = useStore(route);
  const unread = useStore(chat.directory.conversations, totalUnread);
  const [panel, setPanel] = useState<{ readonly name: Panel; readonly text: string }>();
  const show = useCallback((name: Panel, text = '') => setPanel({ name, text }), []);
  const hide = useCallback(() => setPanel(undefined), []);
  const page = useMemo<PageContext>(
    () => ({
      chat,
      network,
      preferences,
      drafts,
      signOut: onSignOut,
      show,
      goOnline: (online) => {
        if (!online) chat.wentOffline();
        network.set(online);
        if (online) chat.client.reconnect();
      },
    }),
    [chat, network, preferences, drafts, onSignOut, show],
  );

  useEffect(() => watchAttention(chat.attention), [chat]);

  useEffect(() => {
    const find = (event: KeyboardEvent): void => {
      const wanted = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!wanted || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      setPanel((open) => (open?.name === 'switcher' ? undefined : { name: 'switcher', text: '' }));
    };
    addEventListener('keydown', find);
    return () => removeEventListener('keydown', find);
  }, []);

  const name = channel === undefined ? undefined : (describeChannel(channel, chat.me)?.name ?? undefined);
  useEffect(() => {
    const where = name === undefined ? t.product : `${name} · ${t.product}`;
    document.title = unread > 0 ? `(${t.unreadCount(unread)}) ${where}` : where;
  }, [unread, name, t]);

  return (
    <PageProvider value={page}>
      <div className="page" data-pane={channel === undefined ? 'list' : 'conversation'}>
        <Sidebar current={channel} />
        <main className="pane">
          {channel === undefined ? (
            <p className="pane-empty">{t.pickOne}</p>
          ) : (
            <Conversation key={channel} channel={channel} />
          )}
        </main>
      </div>
      {panel?.name === 'switcher' ? <Switcher query={panel.text} onClose={hide} /> : null}
      {panel?.name === 'rooms' ? <BrowseRooms onClose={hide} /> : null}
      {panel?.name === 'new-room' ? <NewRoom name={panel.text} onClose={hide} /> : null}
    </PageProvider>
  );
}
