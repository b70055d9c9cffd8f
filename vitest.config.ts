import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

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
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          // These start servers and browsers of their own: one file at a time on a small machine.
          include: ['test/{browser,faults,conformance,interop,packages}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
