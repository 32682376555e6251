import { defineConfig } from 'vitest/config';
import { testFolder } from './test/temp-folder.ts';

// Without `import`: these are Node's own conditions here, and a CommonJS package would be given ES modules by its require().
const conditions = ['mxodus-source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{apps,packages}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Those that take minutes have a command of their own: npm run test:long.
    exclude: ['**/*.long.test.ts', '**/node_modules/**'],
    reporters: ['default', './test/count-reporter.ts'],
    globalSetup: ['./test/require-servers.ts'],
    env: {
      TMPDIR: testFolder(),
      // Programs of ours that tests start several hundred times: their types are stripped once.
      NODE_COMPILE_CACHE: new URL('node_modules/.cache/node-compile-cache', import.meta.url).pathname,
    },
    // Real servers take a moment to start on a busy machine; nothing here is a speed limit.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // More than cores: most of these wait for a server or a pause.
    maxWorkers: 4,
    // Files share a process, which saves the start of two hundred: nothing here keeps state in a module.
    isolate: false,
  },
});
