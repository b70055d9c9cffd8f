/** Which language the page speaks: the one that was chosen, or else the first of the browser's that there is a table for. */
import { en, type Strings } from './en.js';
import { zh } from './zh.js';

export type Language = 'en' | 'zh';

export const LANGUAGES: Readonly<Record<Language, { readonly strings: Strings; readonly name: string }>> = {
  en: { strings: en, name: 'English' },
  zh: { strings: zh, name: '中文' },
};

/** @param wanted The browser's languages, best first, as `navigator.languages` gives them. */
export function pickLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'zh' || base === 'en') return base;
  }
  return 'en';
}

/** The reader's own locale where it is one of that language (`en-GB`), so that dates look as they are used to. */
export function localeFor(language: Language, wanted: readonly string[]): string {
  const own = wanted.find((tag) => isLocale(tag) && tag.toLowerCase().split('-')[0] === language);
  return own ?? (language === 'zh' ? 'zh-CN' : 'en');
}

/** Some systems hand on what Intl refuses, such as `en-US@posix`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** The value of `<html lang>`. */
export function htmlLang(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}
