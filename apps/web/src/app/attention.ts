/** Whether the reader looks at the page: it is visible and has the focus. */
import type { Store } from '../state/store.js';

export function watchAttention(attention: Store<boolean>): () => void {
  const look = (): void => attention.set(document.visibilityState === 'visible' && document.hasFocus());
  look();
  const stop = new AbortController();
  const { signal } = stop;
  document.addEventListener('visibilitychange', look, { signal });
  addEventListener('focus', look, { signal });
  addEventListener('blur', look, { signal });
  return () => stop.abort();
}
