/** A watchdog and not a measure: no test may depend on how fast the machine is. Less than the runner's, to say what. */
const LIMIT = 60_000;

/** Waits for a condition that other turns of the loop bring about, and fails loudly when they do not. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
): Promise<void> {
  const end = performance.now() + LIMIT;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come about within ${LIMIT} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets everything run that is ready to. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
