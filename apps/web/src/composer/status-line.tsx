/**
 * The one line under the composer. It is always there, so that nothing jumps: being offline, what went wrong, who is
 * typing, or how to send.
 */
import { useEffect, useState } from 'react';
import { focusComposer } from '../app/focus.js';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';

interface StatusLineProps {
  readonly channel: string;
  /** What is said when there is nothing else to say, */
  readonly hint: string;
  /** and before all else where it keeps one from sending. */
  readonly bad?: boolean;
}

export function StatusLine({ channel, hint, bad }: StatusLineProps) {
  const { chat, network, goOnline } = usePage();
  const { t, times } = useWords();
  const trouble = useStore(chat.trouble);
  const { status, retryAt } = useStore(chat.connection);
  const online = useStore(network.online);
  const reachable = useStore(network.reachable);
  const stopping = useStore(chat.stopping);
  const typing = useStore(chat.typing, (all) => all.get(channel));
  const noteOf = (): string => {
    if (!online) return t.offlineByChoice;
    if (!reachable) return t.offlineNote;
    return stopping ? t.serverStopping : t.unreachableNote;
  };
  if (status === 'closed') {
    return (
      <div className="status-line" data-kind="bad">
        <span className="cut">{t.closedNote}</span>
        <Button kind="link" onClick={() => location.reload()}>
          {t.reload}
        </Button>
      </div>
    );
  }
  const cut = stopping || status === 'offline' || !online || (!reachable && status !== 'connected');

  if (bad) {
    return (
      <div className="status-line" data-kind="bad" role="alert">
        <span className="cut">{hint}</span>
      </div>
    );
  }

  if (trouble) {
    return (
      <div className="status-line" data-kind="bad" role="alert">
        <span className="cut">{t.errors[trouble]}</span>
      </div>
    );
  }
  if (cut) {
    return (
      <div className="status-line" data-kind="warn">
        <span className="cut">{noteOf()}</span>
        {online && retryAt !== undefined ? <Countdown until={retryAt} /> : null}
        <Button
          kind="link"
          onClick={() => {
            if (online) chat.client.reconnect();
            else goOnline(true);
            focusComposer();
          }}
        >
          {online ? t.retryNow : t.goOnline}
        </Button>
      </div>
    );
  }
  if (typing && typing.length > 0) {
    return (
      <div className="status-line">
        <span className="cut">
          {typing.length > 3 ? t.severalTyping : t.typing(times.names(typing), typing.length)}
        </span>
      </div>
    );
  }
  return (
    <div className="status-line">
      <span className="cut status-hint">{hint}</span>
    </div>
  );
}

function Countdown({ until }: { readonly until: number }) {
  const { t, times } = useWords();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <span className="numbers status-retry">{t.retryIn(times.wait(until - now))}</span>;
}
