// One tier of tests: counts its steps and its tests, goes on after a failure, and ends by telling what was not run and
// why, and `N passed, N failed` alone on a line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, say } from './prepare.mjs';

export class Tier {
  #passed = 0;
  #failures = [];
  #failed = 0;
  /** How many tests by what they are and why. */
  #notRun = new Map();

  /** A tool that passes or fails as a whole. */
  step(what, script, args) {
    say(`${what} …`);
    const status = run(process.execPath, [join(root, 'node_modules', script), ...args]);
    if (status === 0) this.#passed++;
    else this.#fail(what);
  }

  /**
   * Runs Vitest's projects and counts each test.
   * @param options.node the Node to run them with
   */
  tests(what, projects, args = [], { node = process.execPath } = {}) {
    say(`${what} …`);
    const folder = mkdtempSync(join(tmpdir(), 'fullduplex-results-'));
    const file = join(folder, 'results.json');
    try {
      const status = run(
        node,
        [
          join(root, 'node_modules/vitest/vitest.mjs'),
          'run',
          ...projects.flatMap((project) => ['--project', project]),
          '--reporter=default',
          `--reporter=${join(root, 'scripts/results-reporter.mjs')}`,
          ...args,
        ],
        { FULLDUPLEX_RESULTS: file },
      );
      const results = readResults(file);
      this.#passed += results.passed;
      this.#failed += results.failed;
      this.#failures.push(...results.failures.map((name) => `${what}: ${name}`));
      for (const { name, why } of results.notRun) this.notRun(name, why);
      // It ended badly though no test did: an error between tests, or no test at all.
      if (status !== 0 && results.failed === 0) this.#fail(what);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  notRun(what, why) {
    const line = `${what}: ${why}`;
    this.#notRun.set(line, (this.#notRun.get(line) ?? 0) + 1);
  }

  /** Tells what it came to and ends the process. `elsewhere`: what other tiers run. */
  end(elsewhere) {
    console.log('');
    for (const what of this.#failures) console.log(`Failed: ${what}`);
    for (const [what, count] of this.#notRun)
      console.log(`Not run: ${what}${count > 1 ? ` (${count} tests)` : ''}`);
    for (const what of elsewhere) console.log(`Not in this tier: ${what}`);
    const skipped = [...this.#notRun.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `${this.#passed} passed, ${this.#failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
    );
    process.exit(this.#failed === 0 ? 0 : 1);
  }

  #fail(what) {
    this.#failed++;
    this.#failures.push(what);
  }
}

/** The exit status; ends with the program that was ended by a signal. */
function run(program, args, env = {}) {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status, signal } = spawnSync(program, args, options);
  if (signal) process.kill(process.pid, signal);
  return status;
}

/** Nothing where Vitest ended before it could tell. */
function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, failures: [], notRun: [] };
  }
}
