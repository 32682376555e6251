import { defineConfig } from 'vitest/config';

const conditions = ['mxodus-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{apps,packages}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Those that take minutes have a command of their own: npm run test:long.
    exclude: ['**/*.long.test.ts', '**/node_modules/**'],
    reporters: ['default', './test/count-reporter.ts'],
    globalSetup: ['./test/require-servers.ts'],
    // Real servers take a moment to start on a busy machine; nothing here is a speed limit.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // More than cores: most of these wait for a server or a pause.
    maxWorkers: 4,
    // Files share a process, which saves the start of two hundred: nothing here keeps state in a module.
    isolate: false,
  },
});
