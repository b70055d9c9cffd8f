import { describe, expect, it, vi } from 'vitest';
import { watchPlatform } from '../src/platform.js';

class FakeDocument extends EventTarget {
  visibilityState = 'visible';
}

class FakeScope extends EventTarget {
  readonly document = new FakeDocument();
}

function setUp() {
  const scope = new FakeScope();
  const wake = vi.fn();
  const lost = vi.fn();
  const stop = watchPlatform({ wake, lost }, scope as unknown as typeof globalThis);
  return { scope, wake, lost, stop };
}

describe('watchPlatform', () => {
  it('wakes when the network is back, the page is restored, or looked at', () => {
    const { scope, wake } = setUp();
    scope.dispatchEvent(new Event('online'));
    scope.dispatchEvent(new Event('pageshow'));
    scope.document.dispatchEvent(new Event('visibilitychange'));
    expect(wake).toHaveBeenCalledTimes(3);
    scope.document.visibilityState = 'hidden';
    scope.document.dispatchEvent(new Event('visibilitychange'));
    expect(wake).toHaveBeenCalledTimes(3);
  });

  it('tells when the network is gone', () => {
    const { scope, wake, lost } = setUp();
    scope.dispatchEvent(new Event('offline'));
    expect(lost).toHaveBeenCalledTimes(1);
    expect(wake).not.toHaveBeenCalled();
  });

  it('listens no longer than it is told to', () => {
    const { scope, wake, lost, stop } = setUp();
    stop();
    scope.dispatchEvent(new Event('offline'));
    scope.dispatchEvent(new Event('online'));
    scope.dispatchEvent(new Event('pageshow'));
    scope.document.dispatchEvent(new Event('visibilitychange'));
    expect(wake).not.toHaveBeenCalled();
    expect(lost).not.toHaveBeenCalled();
  });

  it('needs no browser', () => {
    expect(() => watchPlatform({ wake: () => {}, lost: () => {} }, {} as typeof globalThis)()).not.toThrow();
  });
});
