// Writes what a run of Vitest came to, as JSON, to the file that FULLDUPLEX_RESULTS names: for the summary of a tier.
import { writeFileSync } from 'node:fs';

export default class ResultsReporter {
  onTestRunEnd(modules, errors) {
    const results = { passed: 0, failed: errors.length, failures: [], notRun: [] };
    for (const module of modules) {
      const name = module.relativeModuleId;
      // A file that could not be read, or hooks around tests that passed.
      const suites = [module, ...module.children.allSuites()];
      const broken = suites.filter((suite) => suite.errors().length > 0);
      for (const suite of broken) fail(`${name}${suite === module ? '' : ` > ${suite.fullName}`}`);
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') results.passed++;
        else if (state === 'failed') fail(`${name} > ${test.fullName}`);
        // Those behind a hook that failed are skipped too; the hook is told above.
        else if (test.options.mode !== 'run' || note !== undefined) {
          results.notRun.push({ name, why: test.meta().lacks ?? note ?? 'left out' });
        }
      }
    }
    writeFileSync(process.env.FULLDUPLEX_RESULTS, JSON.stringify(results));

    function fail(what) {
      results.failed++;
      results.failures.push(what);
    }
  }
}
