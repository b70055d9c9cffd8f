/** Oneself, and what one may choose: theme, language, another window, leaving. */
import { LogOut, Settings, SquareArrowOutUpRight } from 'lucide-react';
import { usePage } from '../app/page.js';
import type { Theme } from '../app/preferences.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { LANGUAGES, type Language } from '../i18n/language.js';
import { Avatar } from '../parts/avatar.js';
import { IconButton } from '../parts/button.js';
import { Choice } from '../parts/choice.js';
import { Popover } from '../parts/popover.js';

/** Opens a window that asks for a name of its own. */
export const SECOND_WINDOW = '/chat?new';

export function Me() {
  const { t } = useWords();
  const { chat, preferences, signOut } = usePage();
  const { theme, language } = useStore(preferences);
  const themes = (['system', 'light', 'dark'] as const).map((it) => [it, t.themes[it]] as const);
  const languages = (Object.keys(LANGUAGES) as Language[]).map((it) => [it, LANGUAGES[it].name] as const);
  return (
    <footer className="me">
      <Avatar name={chat.me} small />
      <span className="cut me-name" title={chat.me}>
        {chat.me}
      </span>
      <Popover
        label={t.settings}
        place="above"
        align="end"
        button={(props) => <IconButton icon={Settings} label={t.settings} {...props} />}
      >
        {(close) => (
          <div className="settings">
            <Choice<Theme>
              label={t.theme}
              value={theme}
              options={themes}
              onChange={(it) => preferences.chooseTheme(it)}
            />
            <Choice<Language>
              label={t.language}
              value={language}
              options={languages}
              onChange={(it) => preferences.chooseLanguage(it)}
            />
            <div className="menu">
              <a className="menu-item" href={SECOND_WINDOW} target="_blank" rel="noopener" onClick={close}>
                <SquareArrowOutUpRight className="icon" aria-hidden="true" />
                {t.secondWindow}
              </a>
              <button type="button" className="menu-item" onClick={signOut}>
                <LogOut className="icon" aria-hidden="true" />
                {t.signOut}
              </button>
            </div>
          </div>
        )}
      </Popover>
    </footer>
  );
}
