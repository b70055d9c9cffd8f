/** Hands the strings and the time format of the reader's language to every part of the page. */
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { Strings } from '../i18n/en.js';
import { LANGUAGES, type Language, localeFor } from '../i18n/language.js';
import { TimeFormat } from '../i18n/time.js';

interface Words {
  readonly t: Strings;
  readonly times: TimeFormat;
  readonly collator: Intl.Collator;
  readonly language: Language;
}

const WordsContext = createContext<Words | undefined>(undefined);

export function WordsProvider(props: { readonly language: Language; readonly children: ReactNode }) {
  const { language, children } = props;
  const words = useMemo<Words>(() => {
    const t = LANGUAGES[language].strings;
    const locale = localeFor(language, navigator.languages);
    return {
      t,
      times: new TimeFormat(locale, t),
      collator: new Intl.Collator(locale, { numeric: true }),
      language,
    };
  }, [language]);
  return <WordsContext value={words}>{children}</WordsContext>;
}

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (!words) throw new Error('useWords is used outside of WordsProvider.');
  return words;
}
