import { expect, test } from 'vitest';
import { SessionStore } from '../../src/state/session.js';

class Kept {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}
const ada = { user: 'ada', token: 't' };
const bob = { user: 'bob', token: 'u' };

test('one comes back as oneself, in any window of the browser', () => {
  const shared = new Kept();
  new SessionStore(shared, new Kept(), false).signIn(ada);
  expect(new SessionStore(shared, new Kept(), false).get()).toEqual(ada);
});

test('a separate window asks anew, keeps its own over a reload, and leaves the others alone', () => {
  const shared = new Kept();
  const own = new Kept();
  new SessionStore(shared, new Kept(), false).signIn(ada);
  const second = new SessionStore(shared, own, true);
  expect(second.get()).toBeUndefined();
  second.signIn(bob);
  expect(new SessionStore(shared, own, false).get()).toEqual(bob);
  second.signOut();
  expect(new SessionStore(shared, new Kept(), false).get()).toEqual(ada);
});

test('signing out is for good', () => {
  const shared = new Kept();
  const store = new SessionStore(shared, new Kept(), false);
  store.signIn(ada);
  store.signOut();
  expect(store.get()).toBeUndefined();
  expect(new SessionStore(shared, new Kept(), false).get()).toBeUndefined();
});

test.each(['', 'x', '{}', '{"user":1,"token":"t"}', 'null'])('what is no session is none: %j', (written) => {
  const shared = new Kept();
  shared.setItem('fullduplex.session', written);
  expect(new SessionStore(shared, new Kept(), false).get()).toBeUndefined();
});
