// `npm test`, the first tier: installs, builds, then checks types, lint and every test that needs nothing installed by
// hand. Arguments go to the test runner: npm test -- packages/wire
import { build, install, requireNode } from './prepare.mjs';
import { Tier } from './tier.mjs';

requireNode();
install({ tests: true });
build();
const tier = new Tier();
tier.step('Types', 'typescript/bin/tsc', ['-b']);
tier.step('Lint', '@biomejs/biome/bin/biome', ['check', '.']);
tier.step('Lint with types', 'oxlint/bin/oxlint', ['--type-aware']);
tier.tests('Tests', ['unit', 'servers', 'whole'], process.argv.slice(2));
tier.end([
  'Redis, fsync as the system sees it, nginx, HAProxy, Firefox, Node 22 and 24: npm run test:all',
  'ten minutes of verify with three nodes, hours of random input, the benchmark: npm run nightly',
]);
