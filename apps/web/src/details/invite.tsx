/** Adds someone to a room by their name. */
import { type FormEvent, useId, useState } from 'react';
import { usePage } from '../app/page.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';
import { codeOf } from '../state/error-code.js';

export function Invite({ channel }: { readonly channel: string }) {
  const { t } = useWords();
  const { chat } = usePage();
  const [name, setName] = useState('');
  const [note, setNote] = useState<{ readonly bad: boolean; readonly text: string }>();
  const id = useId();
  const invite = (event: FormEvent): void => {
    event.preventDefault();
    const user = name.trim();
    if (user === '') return;
    chat.client.call('room.invite', { channel, user }).then(
      () => {
        setName('');
        setNote({ bad: false, text: t.invited(user) });
        chat.directory.refresh();
      },
      (error) => setNote({ bad: true, text: t.errors[codeOf(error)] }),
    );
  };
  return (
    <form onSubmit={invite}>
      <label className="field">
        <span>{t.invite}</span>
        <span className="field-row">
          <input
            value={name}
            placeholder={t.inviteName}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            aria-describedby={id}
            aria-invalid={note?.bad === true}
            onChange={(event) => {
              setName(event.target.value);
              setNote(undefined);
            }}
          />
          <Button submit disabled={name.trim() === ''}>
            {t.inviteSend}
          </Button>
        </span>
      </label>
      <p id={id} className="field-note" data-bad={note?.bad} aria-live="polite">
        {note?.text}
      </p>
    </form>
  );
}
