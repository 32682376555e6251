import type { Reporter, TestModule } from 'vitest/node';

/** Prints one plain line that CI reads: "N passed, N failed, N skipped". */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      if (module.state() === 'failed' && [...module.children.allTests()].every((t) => t.result().state !== 'failed'))
        broken += 1;
    }
    process.stdout.write(
      `${counts.passed} passed, ${counts.failed + broken} failed, ${counts.skipped + counts.pending} skipped\n`,
    );
  }
}
