/** The first thing anyone sees: one field, one button. */
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useWords } from '../app/words.js';
import { htmlLang, LANGUAGES, type Language } from '../i18n/language.js';
import { Button } from '../parts/button.js';
import { Logo } from '../parts/logo.js';
import type { Session } from '../state/session.js';
import { askAsGuest, type GuestRefusal, suggestName } from './guest.js';

interface SignInProps {
  /** What the field begins with: who one was before. */
  readonly name: string;
  /** One was signed in until now, and did not sign out oneself. */
  readonly signedOut: boolean;
  /** Who another window of this browser is, and the way to be the same. */
  readonly known?: { readonly user: string; readonly goOn: () => void } | undefined;
  readonly onSession: (session: Session) => void;
  readonly onLanguage: (language: Language) => void;
}

export function SignIn({ name: before, signedOut, known, onSession, onLanguage }: SignInProps) {
  const { t, language } = useWords();
  const [name, setName] = useState(before);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<GuestRefusal>();
  const field = useRef<HTMLInputElement>(null);
  const note = useId();
  const taken = why === 'name_taken';

  useEffect(() => {
    document.title = t.product;
  }, [t]);

  const ask = async (wanted: string, exclusive: boolean): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setWhy(undefined);
    const answer = await askAsGuest(wanted, exclusive, fetch);
    if (answer.ok) {
      onSession(answer.session);
      return;
    }
    setBusy(false);
    setWhy(answer.why);
    field.current?.focus();
  };

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // Coming back after the token ran out is no taking of a name.
    void ask(name, !(signedOut && name === before));
  };

  const other = suggestName(name.trim());
  return (
    <main className="signin">
      <form className="signin-form" onSubmit={submit} noValidate>
        <h1 className="signin-brand">
          <Logo />
          {t.product}
        </h1>
        <p className="signin-tagline">{t.tagline}</p>
        {signedOut ? <p className="note">{t.signedOutNotice}</p> : null}
        <label className="field">
          <span>{t.yourName}</span>
          <input
            ref={field}
            value={name}
            // biome-ignore lint/a11y/noAutofocus: the one field of the page; there is nothing before it to read.
            autoFocus
            autoComplete="nickname"
            autoCapitalize="none"
            spellCheck={false}
            enterKeyHint="go"
            aria-describedby={note}
            aria-invalid={why !== undefined && why !== 'offline'}
            onChange={(event) => {
              setName(event.target.value);
              setWhy(undefined);
            }}
          />
        </label>
        <div id={note} className="signin-note" data-bad={why !== undefined && !taken} aria-live="polite">
          {taken ? `${t.nameTaken(name.trim())} ${t.nameTakenHelp}` : why ? sayWhy(why, t) : t.nameHint}
        </div>
        {taken ? (
          <div className="signin-choices">
            <Button
              kind="main"
              onClick={() => {
                setName(other);
                void ask(other, true);
              }}
            >
              <span className="cut">{t.takeName(other)}</span>
            </Button>
            <Button onClick={() => void ask(name, false)}>{t.itIsMe}</Button>
          </div>
        ) : (
          <div className="signin-choices">
            <Button kind="main" submit disabled={busy}>
              {busy ? t.starting : t.start}
            </Button>
            {known ? (
              <Button onClick={known.goOn}>
                <span className="cut">{t.continueAs(known.user)}</span>
              </Button>
            ) : null}
          </div>
        )}
      </form>
      <div className="signin-languages">
        {(Object.keys(LANGUAGES) as Language[])
          .filter((other) => other !== language)
          .map((other) => (
            <button key={other} type="button" lang={htmlLang(other)} onClick={() => onLanguage(other)}>
              {LANGUAGES[other].name}
            </button>
          ))}
      </div>
    </main>
  );
}

function sayWhy(why: GuestRefusal, t: ReturnType<typeof useWords>['t']): string {
  if (why === 'empty') return t.nameEmpty;
  if (why === 'no_guests') return t.guestsOff;
  if (why === 'offline') return t.unreachable;
  return t.errors[why];
}
