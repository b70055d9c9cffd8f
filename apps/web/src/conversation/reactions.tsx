/** What people reacted with, each with its count; pressing one adds or takes back one's own. */
import { usePage } from '../app/page.js';
import { useWords } from '../app/words.js';
import type { Message } from '../state/message.js';

/** What may be reacted with at a press. They are content, written by people, and so drawn as text. */
export const REACTIONS = ['👍', '❤️', '😂', '🎉', '👀', '✅'] as const;

export function Reactions(props: { readonly channel: string; readonly message: Message }) {
  const { channel, message } = props;
  const { chat } = usePage();
  const { t, times } = useWords();
  return (
    <ul className="reactions">
      {message.reactions.map(({ text, users }) => {
        const mine = users.includes(chat.me);
        return (
          <li key={text}>
            <button
              type="button"
              className="reaction"
              aria-pressed={mine}
              title={times.names(users)}
              onClick={() => chat.react(channel, message.offset, text, !mine)}
            >
              <span className="cut">{text}</span>
              <span className="numbers">{users.length}</span>
              <span className="unseen">{t.reactWith(text)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
