/** One message, on its way or in the log: the same element through both, so that nothing jumps when it arrives. */
import type { PendingMessage } from '@fullduplex/client';
import { Check, CircleAlert, Clock } from 'lucide-react';
import { memo } from 'react';
import { focusComposer, focusMessage } from '../app/focus.js';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { Button } from '../parts/button.js';
import { Moment } from '../parts/moment.js';
import type { Message } from '../state/message.js';
import { MessageActions } from './message-actions.js';
import { Reactions } from './reactions.js';
import { MessageText } from './text.js';

interface MessageItemProps {
  readonly row: string;
  readonly channel: string;
  readonly message: Message | undefined;
  readonly pending: PendingMessage | undefined;
  /** The first of its group: it bears the name. */
  readonly first: boolean;
  /** One's own newest: it shows that it was sent. */
  readonly newest: boolean;
  /** The pointer or the focus is on it. */
  readonly active: boolean;
  /** Where Tab enters the list. */
  readonly stop: boolean;
  readonly onEdit: (message: Message) => void;
}

export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const { row, channel, message, pending, first, newest, active, stop, onEdit } = props;
  const { chat } = usePage();
  const { t } = useWords();
  const user = message?.user ?? chat.me;
  const time = message?.time ?? pending?.time ?? 0;
  const text = message?.text ?? pending?.text ?? '';
  const state = message ? 'sent' : (pending?.status ?? 'sent');
  return (
    <li
      className="message"
      data-row={row}
      data-first={first}
      data-active={active}
      data-state={state}
      data-key={message?.key ?? pending?.key}
      data-offset={message?.offset}
      tabIndex={stop ? 0 : -1}
    >
      <div className="message-gutter">
        {first ? <Avatar name={user} /> : <Moment time={time} clockOnly />}
      </div>
      <div className="message-body">
        {first ? (
          <div className="message-head">
            <span className="message-name cut" dir="auto" title={user}>
              {user}
            </span>
            <Moment time={time} />
          </div>
        ) : (
          <span className="unseen">{user}</span>
        )}
        {message?.deleted ? (
          <p className="message-gone">{t.deleted}</p>
        ) : (
          <div className="message-line">
            <div className="message-text" dir="auto" data-text>
              <MessageText text={text} />
            </div>
            {message?.edited ? <span className="message-edited">{t.edited}</span> : null}
          </div>
        )}
        {message && message.reactions.length > 0 ? <Reactions channel={channel} message={message} /> : null}
        {pending?.status === 'failed' && !message ? <Failed pending={pending} /> : null}
      </div>
      <Mark state={state} newest={newest && message?.deleted !== true} />
      {active && message && !message.deleted ? (
        <div className="actions-rail">
          <MessageActions channel={channel} message={message} onEdit={onEdit} />
        </div>
      ) : null}
    </li>
  );
});

function Mark(props: { readonly state: string; readonly newest: boolean }) {
  const { t } = useWords();
  const { chat } = usePage();
  const online = useStore(chat.connection, (it) => it.status === 'connected');
  const { state, newest } = props;
  if (state === 'pending') {
    const said = online ? t.pending : t.waiting;
    return (
      <span className="message-mark" title={said}>
        <Clock className="icon icon-small" aria-hidden="true" />
        <span className="unseen">{said}</span>
      </span>
    );
  }
  if (state === 'sent' && newest) {
    return (
      <span className="message-mark" title={t.sent}>
        <Check className="icon icon-small" aria-hidden="true" />
        <span className="unseen">{t.sent}</span>
      </span>
    );
  }
  return null;
}

function Failed({ pending }: { readonly pending: PendingMessage }) {
  const { t } = useWords();
  const { chat } = usePage();
  const code = pending.error?.code;
  return (
    <div className="message-failed">
      <CircleAlert className="icon icon-small" aria-hidden="true" />
      <span>
        {t.notSent} {code ? t.errors[code] : ''}
      </span>
      <Button
        kind="link"
        onClick={(event) => {
          focusMessage(event.currentTarget);
          chat.client.retry(pending.key);
        }}
      >
        {t.retry}
      </Button>
      <Button
        kind="link"
        onClick={() => {
          chat.client.discard(pending.key);
          focusComposer();
        }}
      >
        {t.discard}
      </Button>
    </div>
  );
}
