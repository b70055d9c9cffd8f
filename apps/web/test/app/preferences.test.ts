import { expect, test } from 'vitest';
import { PreferenceStore } from '../../src/app/preferences.js';
import { MemoryStorage } from '../../src/app/storage.js';

test('what was never chosen follows the system and the browser', () => {
  expect(new PreferenceStore(new MemoryStorage(), ['zh-CN', 'en']).get()).toEqual({
    theme: 'system',
    language: 'zh',
  });
});

test('what was chosen holds the next time', () => {
  const storage = new MemoryStorage();
  const store = new PreferenceStore(storage, ['zh-CN']);
  store.chooseTheme('dark');
  store.chooseLanguage('en');
  expect(store.get()).toEqual({ theme: 'dark', language: 'en' });
  expect(new PreferenceStore(storage, ['zh-CN']).get()).toEqual({ theme: 'dark', language: 'en' });
  store.chooseTheme('system');
  expect(new PreferenceStore(storage, ['zh-CN']).get().theme).toBe('system');
});

test('what nobody can have chosen is passed over', () => {
  const storage = new MemoryStorage();
  storage.setItem('fullduplex.theme', 'sepia');
  storage.setItem('fullduplex.language', 'xx');
  expect(new PreferenceStore(storage, ['en']).get()).toEqual({ theme: 'system', language: 'en' });
});
