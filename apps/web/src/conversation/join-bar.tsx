/** In the composer's place where one cannot write: one only looks into the room, or only the server writes there. */
import { useState } from 'react';
import { usePage } from '../app/page.js';
import { useWords } from '../app/words.js';
import { StatusLine } from '../composer/status-line.js';
import { Button } from '../parts/button.js';

interface JoinBarProps {
  readonly channel: string;
  readonly note: string;
  readonly joinable?: boolean;
}

export function JoinBar({ channel, note, joinable = false }: JoinBarProps) {
  const { chat } = usePage();
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const join = (): void => {
    setBusy(true);
    void chat.join(channel).then(() => setBusy(false));
  };
  return (
    <div className="composer">
      <div className="join-bar">
        <span className="cut">{note}</span>
        {joinable ? (
          <Button kind="main" disabled={busy} onClick={join}>
            {t.joinRoom}
          </Button>
        ) : null}
      </div>
      <StatusLine channel={channel} hint="" />
    </div>
  );
}
