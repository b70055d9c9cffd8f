/** What the reader chose for this browser: theme and language. Applies them to the document, and nothing else. */
import { htmlLang, type Language, pickLanguage } from '../i18n/language.js';
import { Store } from '../state/store.js';

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  readonly theme: Theme;
  readonly language: Language;
}

const THEME = 'fullduplex.theme';
const LANGUAGE = 'fullduplex.language';

export class PreferenceStore extends Store<Preferences> {
  readonly #storage: Storage;

  constructor(storage: Storage, languages: readonly string[]) {
    const theme = storage.getItem(THEME);
    const language = storage.getItem(LANGUAGE);
    super({
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
      language: language === 'en' || language === 'zh' ? language : pickLanguage(languages),
    });
    this.#storage = storage;
  }

  chooseTheme(theme: Theme): void {
    this.#storage.setItem(THEME, theme);
    this.update((all) => ({ ...all, theme }));
  }

  chooseLanguage(language: Language): void {
    this.#storage.setItem(LANGUAGE, language);
    this.update((all) => ({ ...all, language }));
  }
}

export function applyPreferences({ theme, language }: Preferences, root: HTMLElement): void {
  root.lang = htmlLang(language);
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  // The browser's own bars follow a theme that was chosen, too.
  for (const bar of root.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    bar.dataset.media ??= bar.media;
    const matches = bar.dataset.media.includes(theme);
    bar.media = theme === 'system' ? bar.dataset.media : matches ? 'all' : 'not all';
  }
}
