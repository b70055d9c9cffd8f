/** Says new messages of others, politely, to those who listen to the page. Draws nothing. */
import { useEffect, useRef, useState } from 'react';
import { usePage } from '../app/page.js';
import { useWords } from '../app/words.js';
import type { Message } from '../state/message.js';
import type { Entry } from '../state/timeline.js';

/** Messages read out in full at once; more are counted. */
const MOST_READ = 3;

export function Announcer({ entries }: { readonly entries: readonly Entry[] }) {
  const { chat } = usePage();
  const { t } = useWords();
  const [said, setSaid] = useState('');
  const heard = useRef<number>(undefined);
  const head = entries.at(-1)?.offset;

  useEffect(() => {
    const last = heard.current;
    heard.current = head;
    if (last === undefined || head === undefined || head <= last) return;
    const fresh = entries.filter(
      (entry): entry is Message => entry.kind === 'message' && entry.offset > last && entry.user !== chat.me,
    );
    if (fresh.length === 0) return;
    const words =
      fresh.length > MOST_READ
        ? t.newMessages(fresh.length)
        : fresh.map((message) => `${message.user}: ${message.text}`).join('\n');
    // The same words again are said again only when they differ.
    setSaid((before) => (before === words ? `${words}\u00a0` : words));
  }, [entries, head, chat.me, t]);

  return (
    <div className="unseen" aria-live="polite">
      {said}
    </div>
  );
}
