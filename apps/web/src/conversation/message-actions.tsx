/** What can be done with a message, while the pointer or the focus is on it. */
import { Check, Copy, Pencil, SmilePlus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { focusMessage } from '../app/focus.js';
import { usePage } from '../app/page.js';
import { canCopy } from '../app/platform.js';
import { useWords } from '../app/words.js';
import { Button, IconButton } from '../parts/button.js';
import type { Message } from '../state/message.js';
import { REACTIONS } from './reactions.js';

interface MessageActionsProps {
  readonly channel: string;
  readonly message: Message;
  readonly onEdit: (message: Message) => void;
}

export function MessageActions({ channel, message, onEdit }: MessageActionsProps) {
  const { chat } = usePage();
  const { t } = useWords();
  const [shown, setShown] = useState<'all' | 'reactions' | 'delete'>('all');
  const [copied, setCopied] = useState(false);
  const mine = message.user === chat.me;
  const reacted = (reaction: string): boolean =>
    message.reactions.some((it) => it.text === reaction && it.users.includes(chat.me));
  const bar = useRef<HTMLDivElement>(null);
  const back = (): void => {
    setShown('all');
    if (bar.current) focusMessage(bar.current);
  };

  return (
    <div
      ref={bar}
      className="actions"
      role="toolbar"
      aria-label={t.messageActions}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || shown === 'all') return;
        event.stopPropagation();
        back();
      }}
    >
      {shown === 'reactions'
        ? REACTIONS.map((reaction, index) => (
            <button
              key={reaction}
              type="button"
              className="action-reaction"
              aria-label={t.reactWith(reaction)}
              aria-pressed={reacted(reaction)}
              // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed.
              autoFocus={index === 0}
              onClick={() => {
                chat.react(channel, message.offset, reaction, !reacted(reaction));
                back();
              }}
            >
              {reaction}
            </button>
          ))
        : null}
      {shown === 'delete' ? (
        <>
          <span className="action-ask">{t.removeAsk}</span>
          <Button
            kind="danger"
            onClick={() => {
              chat.remove(channel, message.offset);
              back();
            }}
          >
            {t.remove}
          </Button>
          <Button autoFocus onClick={back}>
            {t.cancel}
          </Button>
        </>
      ) : null}
      {shown === 'all' ? (
        <>
          <IconButton icon={SmilePlus} label={t.react} onClick={() => setShown('reactions')} />
          {canCopy ? (
            <IconButton
              icon={copied ? Check : Copy}
              label={copied ? t.copied : t.copy}
              onClick={() => void navigator.clipboard.writeText(message.text).then(() => setCopied(true))}
              onBlur={() => setCopied(false)}
            />
          ) : null}
          {mine ? <IconButton icon={Pencil} label={t.edit} onClick={() => onEdit(message)} /> : null}
          {mine ? <IconButton icon={Trash2} label={t.remove} onClick={() => setShown('delete')} /> : null}
        </>
      ) : null}
    </div>
  );
}
