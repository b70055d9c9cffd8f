import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** These start servers, threads and PostgreSQL, and wait for what they do. */
const servers = [
  'packages/server/test/server.test.ts',
  'packages/server/test/{broker,cluster,session,transport}/**/*.test.ts',
  'packages/server/test/log/{sqlite,postgres}/**/*.test.ts',
  'packages/client/test/integration/**/*.test.ts',
  'packages/cli/test/**/*.test.ts',
  'packages/websocket/test/flood/**/*.test.ts',
];

export default defineConfig({
  resolve: {
    // Tests read the packages' sources, so that a failure names the line that is wrong.
    alias: [
      {
        find: '@fullduplex/websocket/protocol',
        replacement: source('packages/websocket/src/protocol/index.ts'),
      },
      {
        find: /^@fullduplex\/(wire|websocket|client|server)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
    ],
  },
  test: {
    // Watchdogs and not measures: they end a test that hangs, and no test may depend on how fast a machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // The groups of projects run one after the other.
    projects: [
      // `npm test`
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/*.test.ts'],
          exclude: servers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'servers', include: servers, maxWorkers: 2, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/{browser,faults,conformance,interop,packages}/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      // `npm run test:all`
      {
        extends: true,
        test: {
          name: 'all',
          include: ['test/all/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: 'firefox',
          // The main ways again, in another browser.
          include: ['test/browser/{chat,plain-pages}.test.ts'],
          env: { BROWSER: 'firefox' },
          maxWorkers: 1,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
