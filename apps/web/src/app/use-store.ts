/** How a component watches a store. */
import { useSyncExternalStore } from 'react';
import type { Readable } from '../state/store.js';

export function useStore<T>(store: Readable<T>): T;
/** Only the selected part is watched: it must be the same value as long as it has not changed. */
export function useStore<T, Part>(store: Readable<T>, select: (value: T) => Part): Part;
export function useStore<T, Part>(store: Readable<T>, select?: (value: T) => Part): T | Part {
  return useSyncExternalStore(store.subscribe, () => (select ? select(store.get()) : store.get()));
}
