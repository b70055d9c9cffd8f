/** All rooms one can find, to look into or to join. */
import type { RoomSummary } from '@fullduplex/wire';
import { Hash, Plus } from 'lucide-react';
import { useState } from 'react';
import { usePage } from '../app/page.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { useRoomSearch } from './use-room-search.js';

export function BrowseRooms({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const { chat, show } = usePage();
  const conversations = useStore(chat.directory.conversations);
  const [query, setQuery] = useState('');
  const { rooms, more, loading, error, showMore } = useRoomSearch(query.trim());

  const enter = (room: RoomSummary, joined: boolean): void => {
    onClose();
    open(room.channel);
    if (!joined) {
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
        <ul className="room-list scrolls" aria-busy={loading}>
          {rooms.map((room) => {
            const joined = room.joined || conversations.has(room.channel);
            return (
              <li key={room.channel} className="room">
                <Hash className="icon" aria-hidden="true" />
                <span className="room-names">
                  <span className="cut" dir="auto" title={room.name}>
                    {room.name}
                  </span>
                  <small className="numbers">{t.members(room.members)}</small>
                </span>
                <Button kind={joined ? 'plain' : 'main'} onClick={() => enter(room, joined)}>
                  {joined ? t.open : t.join}
                </Button>
              </li>
            );
          })}
          {more ? (
            <li className="room-more">
              <Button kind="link" disabled={loading} onClick={showMore}>
                {t.showMore}
              </Button>
            </li>
          ) : null}
        </ul>
        {rooms.length === 0 ? (
          <p className="empty">
            {error ? t.errors[error] : loading ? t.searching : query === '' ? t.noRoomsYet : t.noRooms}
          </p>
        ) : null}
      </div>
    </Dialog>
  );
}
