import { describe, expect, test } from 'vitest';
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

/** A browser in which one window has signed in as ada. */
function browser(): Kept {
  const shared = new Kept();
  new SessionStore({ shared, own: new Kept() }).signIn(ada);
  return shared;
}

test('one comes back as oneself', () => {
  expect(new SessionStore({ shared: browser(), own: new Kept() }).get()).toEqual(ada);
});

describe('a window beside another', () => {
  test('asks who one is, and knows who the other is', () => {
    const store = new SessionStore({ shared: browser(), own: new Kept(), beside: true });
    expect(store.get()).toBeUndefined();
    expect(store.known).toEqual(ada);
  });

  test('may be the same, over a reload too', () => {
    const shared = browser();
    const own = new Kept();
    const store = new SessionStore({ shared, own, beside: true });
    store.goOn();
    expect(store.get()).toEqual(ada);
    expect(store.known).toBeUndefined();
    expect(new SessionStore({ shared, own, beside: true }).get()).toEqual(ada);
  });

  test('may be someone else, which leaves the other alone', () => {
    const shared = browser();
    const own = new Kept();
    const store = new SessionStore({ shared, own, beside: true });
    store.signIn(bob);
    expect(new SessionStore({ shared, own, beside: true }).get()).toEqual(bob);
    expect(new SessionStore({ shared, own: new Kept() }).get()).toEqual(ada);
    store.signOut();
    expect(new SessionStore({ shared, own: new Kept() }).get()).toEqual(ada);
  });

  test('the first one does not ask when it is loaded again', () => {
    const shared = new Kept();
    const own = new Kept();
    new SessionStore({ shared, own }).signIn(ada);
    expect(new SessionStore({ shared, own, beside: true }).get()).toEqual(ada);
  });
});

test('a window that was opened to be someone else asks for a name, and offers none', () => {
  const shared = browser();
  const own = new Kept();
  const store = new SessionStore({ shared, own, separate: true });
  expect([store.get(), store.known, store.separate]).toEqual([undefined, undefined, true]);
  store.signIn(bob);
  expect(new SessionStore({ shared, own }).get()).toEqual(bob);
});

test('signing out is for good', () => {
  const shared = new Kept();
  const store = new SessionStore({ shared, own: new Kept() });
  store.signIn(ada);
  store.signOut();
  expect(store.get()).toBeUndefined();
  expect(new SessionStore({ shared, own: new Kept() }).get()).toBeUndefined();
});

test.each(['', 'x', '{}', '{"user":1,"token":"t"}', 'null'])('what is no session is none: %j', (written) => {
  const shared = new Kept();
  shared.setItem('fullduplex.session', written);
  expect(new SessionStore({ shared, own: new Kept() }).get()).toBeUndefined();
});
