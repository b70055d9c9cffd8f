/** What a browser tells of itself that speaks for trying now: the network is back, or the page is looked at again. */

interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** Calls `wake` until the function that it gives is called. Where there is no browser, never. */
export function watchPlatform(wake: () => void, scope: typeof globalThis = globalThis): () => void {
  const { document } = scope as { document?: Target & { visibilityState?: string } };
  const target: Target = scope;
  const seen = (): void => {
    if (document?.visibilityState === 'visible') wake();
  };
  target.addEventListener?.('online', wake);
  // Back from the browser's cache of pages, where connections are cut without a word.
  target.addEventListener?.('pageshow', wake);
  document?.addEventListener?.('visibilitychange', seen);
  return () => {
    target.removeEventListener?.('online', wake);
    target.removeEventListener?.('pageshow', wake);
    document?.removeEventListener?.('visibilitychange', seen);
  };
}
