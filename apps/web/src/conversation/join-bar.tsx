/** In the composer's place while one only looks into a room. */
import { useState } from 'react';
import { usePage } from '../app/page.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';

export function JoinBar(props: { readonly channel: string; readonly name: string }) {
  const { channel, name } = props;
  const { chat } = usePage();
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const join = (): void => {
    setBusy(true);
    void chat.join(channel).then(() => setBusy(false));
  };
  return (
    <div className="join-bar">
      <span className="cut">{t.previewing(name)}</span>
      <Button kind="main" disabled={busy} onClick={join}>
        {t.joinRoom}
      </Button>
    </div>
  );
}
