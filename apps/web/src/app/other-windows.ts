/** Whether another window of this browser is signed in, told by a lock that each of them holds while it is open. */

const LOCK = 'fullduplex.signed-in';

/** Only where the browser has locks: on an address that is secure, or on this machine. */
function locks(): LockManager | undefined {
  return 'locks' in navigator ? navigator.locks : undefined;
}

export async function isAnotherSignedIn(): Promise<boolean> {
  const state = await locks()?.query();
  return state?.held?.some((lock) => lock.name === LOCK) === true;
}

/** From now on this window counts; returns the way to stop that. */
export function beSignedIn(): () => void {
  const stop = new AbortController();
  const until = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve());
  });
  void locks()?.request(LOCK, { mode: 'shared' }, () => until);
  return () => stop.abort();
}
