/** What stands before the first message: in the lobby, three things to try; elsewhere, what this place is. */

import { LOBBY } from '@fullduplex/wire';
import { Hash, Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { Button } from '../parts/button.js';
import { SECOND_WINDOW } from '../sidebar/me.js';
import { describeChannel } from '../state/conversations.js';

export function Start(props: { readonly channel: string; readonly empty: boolean }) {
  const { channel, empty } = props;
  const { chat } = usePage();
  const { t } = useWords();
  const room = useStore(chat.directory.rooms, (rooms) => rooms.get(channel));
  const described = describeChannel(channel, chat.me);
  if (channel === LOBBY) return <LobbyStart />;
  if (!described) return null;
  const { kind, name } = described;
  if (kind === 'direct') {
    const self = name === chat.me;
    return (
      <Welcome icon={<Avatar name={name} />} title={self ? t.yourself(name) : t.startOfDirect(name)}>
        <p>{self ? t.emptyNotes : t.emptyDirect}</p>
      </Welcome>
    );
  }
  const Icon = room?.private ? Lock : Hash;
  return (
    <Welcome icon={<Icon className="icon" aria-hidden="true" />} title={t.startOfRoom(name)}>
      <p>
        {room ? (room.private ? t.privateRoomNote : t.publicRoomNote) : ''} {empty ? t.emptyRoom : ''}
      </p>
    </Welcome>
  );
}

function LobbyStart() {
  const { t } = useWords();
  const { goOnline, show } = usePage();
  return (
    <Welcome icon={<Hash className="icon" aria-hidden="true" />} title={t.lobbyTitle}>
      <p>{t.lobbyIntro}</p>
      <ol className="tips">
        <li>
          <a href={SECOND_WINDOW} target="_blank" rel="noopener">
            {t.tipWindow[0]}
          </a>
          {t.tipWindow[1]}
        </li>
        <li>
          <Button kind="link" onClick={() => goOnline(false)}>
            {t.tipOffline[0]}
          </Button>
          {t.tipOffline[1]}
        </li>
        <li>
          <Button kind="link" onClick={() => show('switcher')}>
            {t.tipDirect[0]}
          </Button>
          {t.tipDirect[1]}
        </li>
      </ol>
    </Welcome>
  );
}

function Welcome(props: { readonly icon: ReactNode; readonly title: string; readonly children: ReactNode }) {
  return (
    <header className="welcome">
      <span className="welcome-icon">{props.icon}</span>
      <h2>{props.title}</h2>
      {props.children}
    </header>
  );
}
