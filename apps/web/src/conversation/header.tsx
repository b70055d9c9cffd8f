/** The bar above a conversation: what it is, who is here, how we are connected. */
import { ArrowLeft, Hash, Lock, PanelRight } from 'lucide-react';
import { usePage } from '../app/page.js';
import { openList } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { IconButton } from '../parts/button.js';
import type { Conversation } from '../state/conversations.js';
import { isHere } from '../state/presence.js';
import { ConnectionPill } from './connection-pill.js';

interface HeaderProps {
  readonly channel: string;
  readonly described: Pick<Conversation, 'kind' | 'name'>;
  readonly details: boolean;
  readonly onDetails: () => void;
}

export function Header({ channel, described, details, onDetails }: HeaderProps) {
  const { t } = useWords();
  const { chat } = usePage();
  const room = useStore(chat.directory.rooms, (rooms) => rooms.get(channel));
  const present = useStore(chat.directory.presence, (all) => all.get(channel));
  const { kind, name } = described;
  const here = useStore(chat.directory.presence, (all) => kind === 'direct' && isHere(all, name));
  const self = name === chat.me && kind === 'direct';
  const Icon = room?.private ? Lock : Hash;
  const counts = [room ? t.members(room.members) : '', present ? t.hereCount(present.size) : ''];
  return (
    <header className="bar">
      <span className="bar-back">
        <IconButton icon={ArrowLeft} label={t.back} onClick={openList} />
      </span>
      <div className="bar-title">
        {kind === 'direct' ? (
          <Avatar name={name} small here={here} />
        ) : (
          <Icon className="icon bar-icon" aria-hidden="true" />
        )}
        <div className="bar-names">
          <h1 className="cut">
            <button
              type="button"
              className="bar-open"
              title={name}
              aria-expanded={details}
              onClick={onDetails}
            >
              {self ? t.yourself(name) : name}
            </button>
          </h1>
          <p className="bar-note cut numbers">
            {kind === 'direct' ? (here ? t.here : t.away) : counts.filter((it) => it !== '').join(' · ')}
          </p>
        </div>
      </div>
      <ConnectionPill />
      <IconButton icon={PanelRight} label={t.details} aria-pressed={details} onClick={onDetails} />
    </header>
  );
}
