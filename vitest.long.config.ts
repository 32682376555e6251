import config from './vitest.config.ts';

/** The tests that take minutes. */
export default {
  ...config,
  test: { ...config.test, include: ['test/**/*.long.test.ts'], exclude: ['**/node_modules/**'] },
};
