/** One line of the sidebar. */
import { Hash, Lock } from 'lucide-react';
import { type MouseEvent, memo } from 'react';
import { hashOf } from '../app/route.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';

interface ConversationLinkProps {
  readonly channel: string;
  readonly name: string;
  readonly kind: 'room' | 'direct';
  readonly isPrivate?: boolean;
  readonly self?: boolean;
  readonly here?: boolean;
  readonly unread: number;
  readonly current: boolean;
  readonly onOpen: (channel: string) => void;
}

export const ConversationLink = memo(function ConversationLink(props: ConversationLinkProps) {
  const { channel, name, kind, isPrivate, self, here, unread, current, onOpen } = props;
  const { t } = useWords();
  const Icon = isPrivate ? Lock : Hash;
  // A link, so that it opens in another tab too; a plain press stays in this one.
  const press = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onOpen(channel);
  };
  return (
    <li>
      <a
        className="link-row"
        href={hashOf(channel)}
        aria-current={current ? 'page' : undefined}
        data-unread={unread > 0}
        title={name}
        onClick={press}
      >
        {kind === 'room' ? (
          <span className="link-icon">
            <Icon className="icon" aria-hidden="true" />
          </span>
        ) : (
          <Avatar name={name} small here={here === true} />
        )}
        <span className="cut" dir="auto">
          {self ? t.yourself(name) : name}
        </span>
        {isPrivate ? <span className="unseen">{t.privateRoom}</span> : null}
        {kind === 'direct' ? <span className="unseen">{here ? t.here : t.away}</span> : null}
        {unread > 0 ? (
          <span className="badge numbers">
            <span aria-hidden="true">{t.unreadCount(unread)}</span>
            <span className="unseen">{t.unread(unread)}</span>
          </span>
        ) : null}
      </a>
    </li>
  );
});
