/** One open conversation: its bar, its messages, where one writes, and its details when they are asked for. */
import { LOBBY } from '@fullduplex/wire';
import { LockKeyhole } from 'lucide-react';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { usePage } from '../app/page.js';
import { isTouch } from '../app/platform.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Composer } from '../composer/composer.js';
import { useEdit } from '../composer/use-edit.js';
import { Details } from '../details/details.js';
import { Button } from '../parts/button.js';
import { describeChannel } from '../state/conversations.js';
import type { Message } from '../state/message.js';
import { Header } from './header.js';
import { JoinBar } from './join-bar.js';
import { Timeline } from './timeline.js';

export function Conversation({ channel }: { readonly channel: string }) {
  const { chat } = usePage();
  const { t } = useWords();
  const view = useStore(chat.timeline(channel));
  const member = useStore(chat.directory.conversations, (all) => all.has(channel));
  const listed = useStore(chat.directory.listed);
  const [details, setDetails] = useState(false);
  const [editing, setEditing] = useEdit(channel, view.entries);
  const [sent, setSent] = useState(0);
  const described = describeChannel(channel, chat.me);

  // Before the timeline looks where to begin.
  useLayoutEffect(() => {
    chat.visit(channel);
    return () => chat.leave();
  }, [chat, channel]);

  const edit = useCallback((message: Message) => setEditing(message), [setEditing]);
  const section = useRef<HTMLElement>(null);
  const closeDetails = (): void => {
    setDetails(false);
    section.current?.querySelector<HTMLElement>('.bar-open')?.focus();
  };
  const endEdit = useCallback(() => setEditing(undefined), [setEditing]);
  const editLast = (): void => {
    const last = view.entries.findLast(
      (entry) => entry.kind === 'message' && entry.user === chat.me && !entry.deleted,
    );
    if (last?.kind === 'message') setEditing(last);
  };

  if (!described || view.status === 'denied') return <Denied />;
  return (
    <>
      <section
        ref={section}
        className="conversation"
        aria-label={described.name}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && details && !event.defaultPrevented) closeDetails();
        }}
      >
        <Header
          channel={channel}
          described={described}
          details={details}
          onDetails={() => setDetails(!details)}
        />
        <Timeline channel={channel} view={view} sent={sent} onEdit={edit} />
        {described.kind === 'feed' ? (
          <JoinBar channel={channel} note={t.feedNote} />
        ) : member || !listed || described.kind === 'direct' ? (
          <Composer
            channel={channel}
            name={described.name}
            editing={editing}
            onEditEnd={endEdit}
            onEditLast={editLast}
            onSent={() => setSent(sent + 1)}
          />
        ) : (
          <JoinBar channel={channel} note={t.previewing(described.name)} joinable />
        )}
      </section>
      {details ? (
        <Details channel={channel} described={described} member={member} onClose={closeDetails} />
      ) : null}
    </>
  );
}

function Denied() {
  const { t } = useWords();
  return (
    <section className="conversation denied">
      <LockKeyhole className="icon" aria-hidden="true" />
      <h1>{t.denied}</h1>
      <p>{t.deniedHelp}</p>
      <Button kind="main" autoFocus={!isTouch()} onClick={() => open(LOBBY)}>
        {t.goToLobby}
      </Button>
    </section>
  );
}
