// `npm test`: installs, builds, then checks types, lint and every test. Arguments go to the test runner:
// npm test -- packages/wire
import { build, install, requireNode, say, tool } from './prepare.mjs';

requireNode();
install({ tests: true });
build();
say('Types …');
tool('typescript/bin/tsc', ['-b']);
say('Lint …');
tool('@biomejs/biome/bin/biome', ['check', '.']);
tool('oxlint/bin/oxlint', ['--type-aware']);
say('Tests …');
tool('vitest/vitest.mjs', ['run', ...process.argv.slice(2)]);
