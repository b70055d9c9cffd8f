/** What is behind a conversation: its members, inviting, its address, and leaving it. */
import { LOBBY } from '@fullduplex/wire';
import { Check, Link2, LogOut, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { clock } from '../app/now.js';
import { usePage } from '../app/page.js';
import { canCopy } from '../app/platform.js';
import { hashOf, open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { Button, IconButton } from '../parts/button.js';
import type { Conversation } from '../state/conversations.js';
import { isHere } from '../state/presence.js';
import { Invite } from './invite.js';
import { Members } from './members.js';

interface DetailsProps {
  readonly channel: string;
  readonly described: Pick<Conversation, 'kind' | 'name'>;
  readonly member: boolean;
  readonly onClose: () => void;
}

export function Details({ channel, described, member, onClose }: DetailsProps) {
  const { t } = useWords();
  const { chat } = usePage();
  const room = useStore(chat.directory.rooms, (rooms) => rooms.get(channel));
  const pane = useRef<HTMLElement>(null);
  const { kind, name } = described;

  useEffect(() => pane.current?.focus(), []);

  return (
    <aside
      ref={pane}
      className="details"
      aria-label={t.details}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header className="details-head">
        <h2>{t.details}</h2>
        <IconButton icon={X} label={t.close} onClick={onClose} />
      </header>
      <div className="details-body scrolls">
        {kind === 'direct' ? (
          <Person name={name} />
        ) : (
          <>
            <div className="details-about">
              <h3 className="details-name" dir="auto">
                {name}
              </h3>
              {room ? <p>{room.private ? t.privateRoomNote : t.publicRoomNote}</p> : null}
            </div>
            {canCopy ? <CopyLink channel={channel} /> : null}
            {member ? <Invite channel={channel} /> : null}
            <Members channel={channel} />
            {member && channel !== LOBBY ? (
              <Leave channel={channel} name={name} isPrivate={room?.private === true} onLeft={onClose} />
            ) : null}
          </>
        )}
      </div>
    </aside>
  );
}

function Person({ name }: { readonly name: string }) {
  const { t, times } = useWords();
  const { chat } = usePage();
  const here = useStore(chat.directory.presence, (all) => isHere(all, name));
  const seen = useStore(chat.directory.people, (all) => all.get(name)?.seen);
  const now = useStore(clock);
  const self = name === chat.me;
  return (
    <div className="details-person">
      <Avatar name={name} here={here} />
      <div>
        <h3 className="details-name" dir="auto">
          {self ? t.yourself(name) : name}
        </h3>
        <p>{here ? t.here : seen === undefined ? t.away : t.lastSeen(times.moment(seen, now))}</p>
      </div>
      <p className="details-note">{self ? t.emptyNotes : t.emptyDirect}</p>
    </div>
  );
}

function CopyLink({ channel }: { readonly channel: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    const address = new URL(`/chat${hashOf(channel)}`, location.href).href;
    void navigator.clipboard.writeText(address).then(() => setCopied(true));
  };
  return (
    <button type="button" className="menu-item" onClick={copy} onBlur={() => setCopied(false)}>
      {copied ? <Check className="icon" aria-hidden="true" /> : <Link2 className="icon" aria-hidden="true" />}
      <span aria-live="polite">{copied ? t.copied : t.copyLink}</span>
    </button>
  );
}

interface LeaveProps {
  readonly channel: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly onLeft: () => void;
}

function Leave({ channel, name, isPrivate, onLeft }: LeaveProps) {
  const { t } = useWords();
  const { chat } = usePage();
  const [asked, setAsked] = useState<boolean>();
  const leave = (): void => {
    chat.client.call('room.leave', { channel }).then(() => {
      onLeft();
      open(LOBBY);
    }, chat.tellTrouble);
  };
  if (!asked) {
    return (
      <button
        type="button"
        className="menu-item menu-danger"
        // biome-ignore lint/a11y/noAutofocus: after Cancel it takes the place of the button that was pressed.
        autoFocus={asked === false}
        onClick={() => setAsked(true)}
      >
        <LogOut className="icon" aria-hidden="true" />
        {t.leave}
      </button>
    );
  }
  return (
    <div className="details-ask">
      <p>
        <strong>{t.leaveAsk(name)}</strong> {isPrivate ? t.leavePrivate : t.leavePublic}
      </p>
      <div className="buttons">
        <Button kind="danger" onClick={leave}>
          {t.leave}
        </Button>
        <Button autoFocus onClick={() => setAsked(false)}>
          {t.cancel}
        </Button>
      </div>
    </div>
  );
}
