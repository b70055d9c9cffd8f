/** People one could write to: here now, and no conversation with them yet. */
import { directChannel } from '@fullduplex/wire';
import type { Conversation } from '../state/conversations.js';

/** Names listed at most; whoever is looked for beyond them is found by the switcher. */
export const MOST_LISTED = 100;

export function withoutConversation(
  here: ReadonlySet<string>,
  known: readonly Conversation[],
  me: string,
  collator: Pick<Intl.Collator, 'compare'>,
): readonly Pick<Conversation, 'channel' | 'name' | 'unread'>[] {
  const talked = new Set(known.map((person) => person.name));
  return [...here]
    .filter((name) => name !== me && !talked.has(name))
    .sort((a, b) => collator.compare(a, b))
    .slice(0, MOST_LISTED)
    .map((name) => ({ channel: directChannel(me, name), name, unread: 0 }));
}
