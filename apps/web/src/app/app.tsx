/** Signed in or not: the one decision above all others. */
import { useCallback, useEffect } from 'react';
import { SignIn } from '../signin/sign-in.js';
import type { Chat } from '../state/chat.js';
import type { Network } from '../state/network.js';
import type { SessionStore } from '../state/session.js';
import type { Readable } from '../state/store.js';
import { ChatPage } from './chat-page.js';
import { applyPreferences, type PreferenceStore } from './preferences.js';
import { useStore } from './use-store.js';
import { WordsProvider } from './words.js';

interface AppProps {
  readonly sessions: SessionStore;
  readonly preferences: PreferenceStore;
  readonly network: Network;
  /** The signed-in user's model; follows `sessions`. */
  readonly chats: Readable<Chat | undefined>;
  /** Where what was begun and not sent is kept. */
  readonly drafts: Storage;
}

export function App({ sessions, preferences, network, chats, drafts }: AppProps) {
  const chosen = useStore(preferences);
  const chat = useStore(chats);
  useEffect(() => applyPreferences(chosen, document.documentElement), [chosen]);
  const { known } = sessions;
  const signOut = useCallback(() => sessions.signOut(), [sessions]);
  return (
    <WordsProvider language={chosen.language}>
      {chat ? (
        <SignedIn key={chat.me} chat={chat} {...{ network, preferences, sessions, drafts, signOut }} />
      ) : (
        <SignIn
          name=""
          signedOut={false}
          known={known && { user: known.user, goOn: () => sessions.goOn() }}
          onSession={(session) => sessions.signIn(session)}
          onLanguage={(language) => preferences.chooseLanguage(language)}
        />
      )}
    </WordsProvider>
  );
}

interface SignedInProps extends Omit<AppProps, 'chats'> {
  readonly chat: Chat;
  readonly signOut: () => void;
}

/** The server may refuse the token at any time; then one signs in again, under the same name if one likes. */
function SignedIn({ chat, network, preferences, sessions, drafts, signOut }: SignedInProps) {
  const refused = useStore(chat.connection, (state) => state.status === 'signed-out');
  return refused ? (
    <SignIn
      name={chat.me}
      signedOut
      onSession={(session) => sessions.signIn(session)}
      onLanguage={(language) => preferences.chooseLanguage(language)}
    />
  ) : (
    <ChatPage {...{ chat, network, preferences, drafts }} onSignOut={signOut} />
  );
}
