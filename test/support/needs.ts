/** What a test takes that not every machine has: without it the test counts as not run, and the summary says why. */
import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test was not run, as the summary prints it. */
    lacks?: string;
  }
}

/** Options for `test` and `describe`. @param has whether it is here @param what as in "no strace is installed" */
export function needs(has: boolean, lacks: string): TestOptions {
  return has ? {} : { skip: true, meta: { lacks } };
}
