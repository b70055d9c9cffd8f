/** The list of conversations: rooms, then people, each with what is unread and who is here; oneself at the foot. */
import { Compass, Plus, Search } from 'lucide-react';
import { useMemo } from 'react';
import { usePage } from '../app/page.js';
import { isMac } from '../app/platform.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { IconButton } from '../parts/button.js';
import { Logo } from '../parts/logo.js';
import { arrange } from '../state/conversations.js';
import { everyoneHere } from '../state/presence.js';
import { ConversationLink } from './conversation-link.js';
import { Me } from './me.js';
import { withoutConversation } from './people.js';

export function Sidebar(props: { readonly current: string | undefined }) {
  const { t, collator } = useWords();
  const { chat, show } = usePage();
  const conversations = useStore(chat.directory.conversations);
  const presence = useStore(chat.directory.presence);
  const rooms = useStore(chat.directory.rooms);
  const listed = useStore(chat.directory.listed);
  const { rooms: mine, people } = useMemo(() => arrange(conversations, collator), [conversations, collator]);
  const here = useMemo(() => everyoneHere(presence), [presence]);
  const met = useStore(chat.directory.people);
  const others = useMemo(
    () => withoutConversation(here, met, people, chat.me, collator),
    [here, met, people, chat.me, collator],
  );

  const Brand = props.current === undefined ? 'h1' : 'span';
  return (
    <nav className="sidebar" aria-label={t.conversations}>
      <header className="sidebar-head">
        <Logo />
        {/* On a narrow page the list stands alone, and this is its title. */}
        <Brand className="sidebar-brand">{t.product}</Brand>
      </header>
      <button type="button" className="find" onClick={() => show('switcher')}>
        <Search className="icon icon-small" aria-hidden="true" />
        <span className="cut">{t.find}</span>
        <kbd>{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <div className="sidebar-lists scrolls">
        <section>
          <div className="sidebar-title">
            <h2>{t.rooms}</h2>
            <IconButton icon={Compass} label={t.browseRooms} small onClick={() => show('rooms')} />
            <IconButton icon={Plus} label={t.newRoom} small onClick={() => show('new-room')} />
          </div>
          <ul>
            {mine.map((room) => (
              <ConversationLink
                key={room.channel}
                channel={room.channel}
                name={room.name}
                kind="room"
                isPrivate={rooms.get(room.channel)?.private === true}
                unread={room.unread}
                current={room.channel === props.current}
                onOpen={open}
              />
            ))}
          </ul>
        </section>
        <section>
          <div className="sidebar-title">
            <h2>{t.people}</h2>
            <IconButton icon={Plus} label={t.find} small onClick={() => show('switcher')} />
          </div>
          <ul>
            {[...people, ...others].map((person) => (
              <ConversationLink
                key={person.channel}
                channel={person.channel}
                name={person.name}
                kind="direct"
                self={person.name === chat.me}
                here={here.has(person.name)}
                unread={person.unread}
                current={person.channel === props.current}
                onOpen={open}
              />
            ))}
          </ul>
          {listed && people.length + others.length === 0 ? (
            <p className="sidebar-empty">{t.noPeople}</p>
          ) : null}
        </section>
      </div>
      <Me />
    </nav>
  );
}
