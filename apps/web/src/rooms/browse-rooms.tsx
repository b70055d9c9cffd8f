/** All rooms one can find, to look into or to join. */
import { foldName, type RoomSummary } from '@fullduplex/wire';
import { Hash, Lock, Plus } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { usePage } from '../app/page.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';

export function BrowseRooms({ onClose }: { readonly onClose: () => void }) {
  const { t, collator } = useWords();
  const { chat, show } = usePage();
  const rooms = useStore(chat.directory.rooms);
  const [query, setQuery] = useState('');

  useEffect(() => chat.directory.refresh(), [chat]);

  const found = useMemo(() => {
    const wanted = foldName(query.trim());
    return [...rooms.values()]
      .filter((room) => foldName(room.name).includes(wanted))
      .sort((a, b) => Number(a.joined) - Number(b.joined) || collator.compare(a.name, b.name));
  }, [rooms, query, collator]);

  const enter = (room: RoomSummary): void => {
    onClose();
    open(room.channel);
    if (!room.joined) {
      chat.client
        .call('room.join', { channel: room.channel })
        .then(() => chat.directory.refresh(), chat.tellTrouble);
    }
  };

  return (
    <Dialog title={t.browseRooms} onClose={onClose}>
      <div className="form">
        <div className="field-row">
          <input
            className="input"
            type="search"
            value={query}
            placeholder={t.searchRooms}
            aria-label={t.searchRooms}
            onChange={(event) => setQuery(event.target.value)}
          />
          <Button onClick={() => show('new-room', query.trim())}>
            <Plus className="icon" aria-hidden="true" />
            {t.newRoom}
          </Button>
        </div>
        <ul className="room-list scrolls">
          {found.map((room) => (
            <li key={room.channel} className="room">
              {room.private ? (
                <Lock className="icon" aria-hidden="true" />
              ) : (
                <Hash className="icon" aria-hidden="true" />
              )}
              <span className="room-names">
                <span className="cut" title={room.name}>
                  {room.name}
                </span>
                <small className="numbers">
                  {t.members(room.members)}
                  {room.private ? ` · ${t.privateRoom}` : ''}
                </small>
              </span>
              <Button kind={room.joined ? 'plain' : 'main'} onClick={() => enter(room)}>
                {room.joined ? t.open : t.join}
              </Button>
            </li>
          ))}
        </ul>
        {found.length === 0 ? <p className="empty">{query === '' ? t.noRoomsYet : t.noRooms}</p> : null}
      </div>
    </Dialog>
  );
}
