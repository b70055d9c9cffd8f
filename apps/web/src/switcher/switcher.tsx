/** Finds a conversation by a few letters of its name, or begins one. All of it by keys, if one likes. */
import { Hash, Lock, MessageSquarePlus, Plus } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { usePage } from '../app/page.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { Dialog } from '../parts/dialog.js';
import { useRoomSearch } from '../rooms/use-room-search.js';
import { everyoneHere } from '../state/presence.js';
import { type Candidate, candidatesFor } from './candidates.js';

export function Switcher(props: { readonly query: string; readonly onClose: () => void }) {
  const { onClose } = props;
  const { t } = useWords();
  const { chat, show } = usePage();
  const conversations = useStore(chat.directory.conversations);
  const rooms = useStore(chat.directory.rooms);
  const presence = useStore(chat.directory.presence);
  const here = useMemo(() => everyoneHere(presence), [presence]);
  const people = useStore(chat.directory.people);
  const [query, setQuery] = useState(props.query);
  const search = useRoomSearch(query.trim().replace(/^[#@]/u, ''));
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = useMemo(
    () => candidatesFor({ query, me: chat.me, conversations, rooms, found: search.rooms, here, people }),
    [query, chat.me, conversations, rooms, search.rooms, here, people],
  );
  const chosen = Math.min(at, found.length - 1);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen one is kept in sight.
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const choose = (candidate: Candidate | undefined): void => {
    if (!candidate) return;
    if (candidate.kind === 'create') {
      show('new-room', candidate.name);
      return;
    }
    onClose();
    if (candidate.kind !== 'write') {
      open(candidate.channel);
      return;
    }
    chat.client
      .call('direct.open', { user: candidate.name })
      .then(({ channel }) => open(channel), chat.tellTrouble);
  };

  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter') choose(found[chosen]);
    else if (event.key === 'ArrowDown') setAt((chosen + 1) % found.length);
    else if (event.key === 'ArrowUp') setAt((chosen - 1 + found.length) % found.length);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title={t.switcher} bare onClose={onClose}>
      <input
        className="switcher-field"
        value={query}
        placeholder={t.switcherField}
        aria-label={t.switcherField}
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={id}
        aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div ref={list} id={id} className="switcher-list scrolls" role="listbox" aria-label={t.switcher}>
        {found.map((candidate, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above hears the keys.
          <div
            key={`${candidate.kind} ${candidate.name}`}
            id={`${id}-${index}`}
            className="switcher-item"
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(candidate)}
          >
            <Line candidate={candidate} here={here} me={chat.me} />
          </div>
        ))}
      </div>
      {found.length === 0 ? <p className="empty">{t.nothingFound}</p> : null}
      <p className="switcher-hint">{t.switcherHint}</p>
    </Dialog>
  );
}

function Line(props: {
  readonly candidate: Candidate;
  readonly here: ReadonlySet<string>;
  readonly me: string;
}) {
  const { candidate, here, me } = props;
  const { t } = useWords();
  const { name } = candidate;
  switch (candidate.kind) {
    case 'room': {
      const Icon = candidate.isPrivate ? Lock : Hash;
      return (
        <>
          <span className="link-icon">
            <Icon className="icon" aria-hidden="true" />
          </span>
          <span className="cut">{name}</span>
          <Unread count={candidate.unread} />
        </>
      );
    }
    case 'person':
      return (
        <>
          <Avatar name={name} small here={here.has(name)} />
          <span className="cut">{name === me ? t.yourself(name) : name}</span>
          <Unread count={candidate.unread} />
        </>
      );
    case 'write':
      return (
        <>
          <span className="link-icon">
            <MessageSquarePlus className="icon" aria-hidden="true" />
          </span>
          <span className="cut">{t.writeToNamed(name)}</span>
        </>
      );
    case 'create':
      return (
        <>
          <span className="link-icon">
            <Plus className="icon" aria-hidden="true" />
          </span>
          <span className="cut">{t.createNamed(name)}</span>
        </>
      );
  }
}

function Unread({ count }: { readonly count: number }) {
  const { t } = useWords();
  return count > 0 ? <span className="badge numbers">{t.unreadCount(count)}</span> : null;
}
