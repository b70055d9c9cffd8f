/** Puts the page together: what is kept in the browser, the connection, and the elements. */
import './style/index.css';
import { connect, localStorageOutbox } from '@fullduplex/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { beSignedIn, isAnotherSignedIn } from './app/other-windows.js';
import { applyPreferences, PreferenceStore } from './app/preferences.js';
import { arrive, followAddress } from './app/route.js';
import { storageOr } from './app/storage.js';
import { Chat } from './state/chat.js';
import { Network } from './state/network.js';
import { type Session, SessionStore } from './state/session.js';
import { Store } from './state/store.js';

const address = new URL(location.href);
const separate = address.searchParams.has('new');
if (separate) {
  address.searchParams.delete('new');
  history.replaceState(null, '', address);
}

const local = storageOr(() => localStorage);
const own = storageOr(() => sessionStorage);
const preferences = new PreferenceStore(local, navigator.languages);
// An address of a conversation is a link that was followed: that goes on as who one is.
const beside = location.hash === '' && (await isAnotherSignedIn());
const sessions = new SessionStore({ shared: local, own, beside, separate });
const network = new Network();
const chats = new Store<Chat | undefined>(undefined);

function chatOf(session: Session): Chat {
  return new Chat({
    me: session.user,
    connect: (options) =>
      connect({
        getToken: ({ refused }) => (refused ? null : session.token),
        storage: localStorageOutbox(session.user, local),
        WebSocket: network.WebSocket,
        fetch: network.fetch,
        ...options,
      }),
  });
}

let stopBeing = (): void => {};

function followSession(): void {
  stopBeing();
  chats.get()?.close();
  const session = sessions.get();
  stopBeing = session && !sessions.separate ? beSignedIn() : () => {};
  if (session) arrive();
  chats.set(session ? chatOf(session) : undefined);
}

// Before the first paint: a page that turns dark after it was light hurts the eye.
applyPreferences(preferences.get(), document.documentElement);
followAddress();
followSession();
sessions.subscribe(followSession);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App sessions={sessions} preferences={preferences} network={network} chats={chats} drafts={own} />
  </StrictMode>,
);
