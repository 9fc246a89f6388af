import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Integration and end-to-end tests share one real stack, which this starts before the first of them and stops after the last. */
const withStack = { globalSetup: ['test/support/stack.ts'], hookTimeout: 120_000 };

/** Tests on real parts wait a third of the time, so three files at once pay on two cores as well. */
const maxWorkers = Math.max(3, availableParallelism() - 1);

const report = process.env.VITEST_JSON_REPORT;

export default defineConfig({
  test: {
    // CI counts from the runner's own report.
    // As the command line does: eight lines about later versions of AWS's packages than the lock file has.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, maxWorkers } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers,
          ...withStack,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          maxWorkers,
          ...withStack,
        },
      },
    ],
  },
});
