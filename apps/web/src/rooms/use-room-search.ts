/** The public rooms whose names begin with what was typed, while a part of the page shows them. */
import { useEffect, useState } from 'react';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import type { FoundRooms } from '../state/room-search.js';

export function useRoomSearch(query: string): FoundRooms & { readonly showMore: () => void } {
  const { chat } = usePage();
  const [search] = useState(() => chat.searchRooms());
  const found = useStore(search);
  useEffect(() => search.search(query), [search, query]);
  useEffect(() => () => search.close(), [search]);
  return { ...found, showMore: () => search.more() };
}
