/** Waits for a condition that other turns of the loop bring about, and fails loudly when they do not. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  limit = 5000,
): Promise<void> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come about within ${limit} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets everything run that is ready to. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
