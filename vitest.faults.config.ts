import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** `connect watch` beside real faults, each file longer than two minutes, apart from `pnpm test`: `pnpm faults`. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['test/support/stack.ts'],
  },
});
