/**
 * Every state of the page without a server, for looking at while one builds it: `npx vite apps/web`, then
 * /test/gallery/?world=offline#room:lobby. Never part of what is served.
 */
import '../../src/style/index.css';
import { createRoot } from 'react-dom/client';
import { App } from '../../src/app/app.js';
import { applyPreferences, PreferenceStore } from '../../src/app/preferences.js';
import { arrive, followAddress } from '../../src/app/route.js';
import { Chat } from '../../src/state/chat.js';
import { Network } from '../../src/state/network.js';
import { SessionStore } from '../../src/state/session.js';
import { Store } from '../../src/state/store.js';
import { WORLDS } from './worlds.js';

const name = new URLSearchParams(location.search).get('world') ?? 'lived';
const preferences = new PreferenceStore(localStorage, navigator.languages);
const sessions = new SessionStore({ shared: localStorage, own: sessionStorage, separate: true });
const network = new Network();
const client = WORLDS[name]?.('mira');
const chats = new Store<Chat | undefined>(client && new Chat({ me: 'mira', connect: () => client }));

applyPreferences(preferences.get(), document.documentElement);
followAddress();
arrive();
createRoot(document.getElementById('root')!).render(
  <App
    sessions={sessions}
    preferences={preferences}
    network={network}
    chats={chats}
    drafts={sessionStorage}
  />,
);
