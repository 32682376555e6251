import { defineConfig } from 'vitest/config';

const conditions = ['mxodus-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{apps,packages}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', './test/count-reporter.ts'],
    globalSetup: ['./test/require-servers.ts'],
    // Real servers take a moment to start on a busy machine; nothing here is a speed limit.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
