/** Where one writes: a message, or the change of one. Knows nothing of the timeline but the message that is changed. */
import { ClientError } from '@fullduplex/client';
import { Check, SendHorizontal, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { usePage } from '../app/page.js';
import { isTouch } from '../app/platform.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { IconButton } from '../parts/button.js';
import type { Message } from '../state/message.js';
import { keepDraft, keepEdit, readDraft, readEdit } from './drafts.js';
import { sends } from './enter.js';
import { StatusLine } from './status-line.js';
import { charactersOver } from './text-limit.js';

interface ComposerProps {
  readonly channel: string;
  /** What the conversation is called. */
  readonly name: string;
  /** The message that is being edited. */
  readonly editing: Message | undefined;
  readonly onEditEnd: () => void;
  /** Asks for one's last message, to edit it. */
  readonly onEditLast: () => void;
  readonly onSent: () => void;
}

export function Composer({ channel, name, editing, onEditEnd, onEditLast, onSent }: ComposerProps) {
  const { chat, drafts } = usePage();
  const { t, times } = useWords();
  const [draft, setDraft] = useState(() => readDraft(drafts, chat.me, channel));
  const [change, setChange] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const text = editing ? change : draft;
  const over = charactersOver(text.trim());

  useEffect(() => {
    if (!isTouch()) field.current?.focus();
  }, []);

  const returned = useStore(chat.returned, (message) => (message?.channel === channel ? message : undefined));
  useEffect(() => {
    if (!returned || draft !== '') return;
    setDraft(returned.text);
    keepDraft(drafts, chat.me, channel, returned.text);
    chat.takeBack(returned.key);
    chat.tellTrouble(returned.error);
  }, [returned, draft, drafts, chat, channel]);

  useLayoutEffect(() => {
    if (!editing) return;
    const kept = readEdit(drafts, chat.me, channel);
    setChange(kept?.offset === editing.offset ? kept.text : editing.text);
    field.current?.focus();
  }, [editing, drafts, chat, channel]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text sets the height.
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${box.scrollHeight}px`;
  }, [text]);

  const write = (next: string): void => {
    if (editing) {
      setChange(next);
      keepEdit(drafts, chat.me, channel, { offset: editing.offset, text: next });
      return;
    }
    setDraft(next);
    keepDraft(drafts, chat.me, channel, next);
    chat.client.typing(channel, next.trim() !== '');
  };

  const save = (message: Message): void => {
    const wanted = change.trim();
    if (wanted === '' || wanted === message.text) {
      onEditEnd();
      return;
    }
    chat.edit(channel, message.offset, wanted).then(onEditEnd, chat.tellTrouble);
  };

  const submit = (): void => {
    if (over > 0) return;
    if (editing) {
      save(editing);
      return;
    }
    const wanted = draft.trim();
    if (wanted === '') return;
    try {
      chat.send(channel, wanted);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      chat.tellTrouble(error);
      return;
    }
    setDraft('');
    keepDraft(drafts, chat.me, channel, '');
    onSent();
  };

  const press = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { nativeEvent } = event;
    if (sends(nativeEvent, text.slice(0, event.currentTarget.selectionStart))) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape' && editing) {
      event.stopPropagation();
      onEditEnd();
    } else if (event.key === 'ArrowUp' && text === '' && !editing && !nativeEvent.isComposing) {
      event.preventDefault();
      onEditLast();
    }
  };

  return (
    <div className="composer">
      <div className="composer-box" data-editing={editing !== undefined}>
        {editing ? (
          <div className="composer-editing">
            <span className="cut">{t.editing}</span>
            <IconButton icon={X} label={t.cancel} small onClick={onEditEnd} />
          </div>
        ) : null}
        <div className="composer-row">
          <textarea
            ref={field}
            className="scrolls"
            rows={1}
            dir="auto"
            aria-invalid={over > 0}
            value={text}
            placeholder={t.writeTo(name)}
            aria-label={t.writeTo(name)}
            enterKeyHint="send"
            onChange={(event) => write(event.target.value)}
            onKeyDown={press}
            onBlur={() => chat.client.typing(channel, false)}
          />
          <button
            type="button"
            className="send"
            aria-label={editing ? t.save : t.send}
            title={editing ? t.save : t.send}
            disabled={text.trim() === '' || over > 0}
            // The field keeps the focus, and on a phone the keyboard stays.
            onPointerDown={(event) => event.preventDefault()}
            onClick={submit}
          >
            {editing ? (
              <Check className="icon" aria-hidden="true" />
            ) : (
              <SendHorizontal className="icon" aria-hidden="true" />
            )}
          </button>
        </div>
      </div>
      <StatusLine
        channel={channel}
        hint={over > 0 ? t.tooLong(over.toLocaleString(times.locale)) : editing ? t.editHint : t.sendHint}
        bad={over > 0}
      />
    </div>
  );
}
