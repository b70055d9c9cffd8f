/** Makes a room: a name, and whether it is private. */
import { type FormEvent, useId, useState } from 'react';
import { usePage } from '../app/page.js';
import { open } from '../app/route.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { codeOf } from '../state/error-code.js';

export function NewRoom(props: { readonly name: string; readonly onClose: () => void }) {
  const { onClose } = props;
  const { t } = useWords();
  const { chat } = usePage();
  const [name, setName] = useState(props.name);
  const [isPrivate, setPrivate] = useState(false);
  const [busy, setBusy] = useState(false);
  const [bad, setBad] = useState<string>();
  const note = useId();
  const create = (event: FormEvent): void => {
    event.preventDefault();
    if (busy || name.trim() === '') return;
    setBusy(true);
    chat.client.call('room.create', { name: name.trim(), private: isPrivate }).then(
      ({ channel }) => {
        chat.directory.refresh();
        onClose();
        open(channel);
      },
      (error) => {
        setBusy(false);
        setBad(t.errors[codeOf(error)]);
      },
    );
  };
  return (
    <Dialog title={t.newRoom} onClose={onClose}>
      <form className="form" onSubmit={create}>
        <label className="field">
          <span>{t.roomName}</span>
          <input
            value={name}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            aria-describedby={note}
            aria-invalid={bad !== undefined}
            onChange={(event) => {
              setName(event.target.value);
              setBad(undefined);
            }}
          />
        </label>
        <p id={note} className="field-note" data-bad={bad !== undefined} aria-live="polite">
          {bad ?? t.nameHint}
        </p>
        <label className="check">
          <input type="checkbox" checked={isPrivate} onChange={(event) => setPrivate(event.target.checked)} />
          <span>
            {t.makePrivate}
            <small>{t.makePrivateHelp}</small>
          </span>
        </label>
        <div className="buttons buttons-end">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button kind="main" submit disabled={busy || name.trim() === ''}>
            {busy ? t.creating : t.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
