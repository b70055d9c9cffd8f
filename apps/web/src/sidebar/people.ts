/** People one could write to: everyone one shares a room with, and no conversation with them yet. */
import { directChannel } from '@fullduplex/wire';
import type { Conversation } from '../state/conversations.js';
import type { People } from '../state/people.js';

/** Names listed at most; whoever is looked for beyond them is found by the switcher. */
export const MOST_LISTED = 100;

export function withoutConversation(
  here: ReadonlySet<string>,
  people: People,
  known: readonly Conversation[],
  me: string,
  collator: Pick<Intl.Collator, 'compare'>,
): readonly Pick<Conversation, 'channel' | 'name' | 'unread'>[] {
  const talked = new Set(known.map((person) => person.name));
  return [...new Set([...here, ...people.keys()])]
    .filter((name) => name !== me && !talked.has(name))
    .sort((a, b) => Number(here.has(b)) - Number(here.has(a)) || collator.compare(a, b))
    .slice(0, MOST_LISTED)
    .map((name) => ({ channel: directChannel(me, name), name, unread: 0 }));
}
