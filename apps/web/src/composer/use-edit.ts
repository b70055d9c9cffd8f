/** The message that is being edited, and again after one went elsewhere or loaded the page anew. */
import { useCallback, useEffect, useState } from 'react';
import { usePage } from '../app/page.js';
import type { Message } from '../state/message.js';
import type { Entry } from '../state/timeline.js';
import { dropEdit, keepEdit, readEdit } from './drafts.js';

export function useEdit(
  channel: string,
  entries: readonly Entry[],
): readonly [Message | undefined, (message: Message | undefined) => void] {
  const { chat, drafts } = usePage();
  const [editing, setEditing] = useState<Message>();

  useEffect(() => {
    if (editing) return;
    const kept = readEdit(drafts, chat.me, channel);
    if (!kept) return;
    const message = entries.find((entry) => entry.kind === 'message' && entry.offset === kept.offset);
    if (message?.kind === 'message' && message.user === chat.me && !message.deleted) setEditing(message);
  }, [editing, entries, drafts, chat, channel]);

  const edit = useCallback(
    (message: Message | undefined) => {
      if (message) keepEdit(drafts, chat.me, channel, { offset: message.offset, text: message.text });
      else dropEdit(drafts, chat.me, channel);
      setEditing(message);
    },
    [drafts, chat, channel],
  );
  return [editing, edit];
}
