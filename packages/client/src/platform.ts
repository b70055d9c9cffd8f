/**
 * What a browser tells of itself that speaks of the way to the server: the network is gone or back, or the page is looked
 * at again.
 */

interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

export interface PlatformListener {
  /** It may work now. */
  readonly wake: () => void;
  /** It does not work now. */
  readonly lost: () => void;
}

/** Tells until the function that it gives is called. Where there is no browser, never. */
export function watchPlatform(
  { wake, lost }: PlatformListener,
  scope: typeof globalThis = globalThis,
): () => void {
  const { document } = scope as { document?: Target & { visibilityState?: string } };
  const target: Target = scope;
  const seen = (): void => {
    if (document?.visibilityState === 'visible') wake();
  };
  const listeners = [
    [target, 'online', wake],
    [target, 'offline', lost],
    // Back from the browser's cache of pages, where connections are cut without a word.
    [target, 'pageshow', wake],
    [document, 'visibilitychange', seen],
  ] as const;
  for (const [source, type, listener] of listeners) source?.addEventListener?.(type, listener);
  return () => {
    for (const [source, type, listener] of listeners) source?.removeEventListener?.(type, listener);
  };
}
