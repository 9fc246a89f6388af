import { defineConfig } from 'vitest/config';

/** Long runs on the real stack, apart from `pnpm test`: `pnpm soak`. */
export default defineConfig({
  test: {
    reporters: ['verbose'],
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 2 * 60 * 60 * 1000,
    hookTimeout: 300_000,
    fileParallelism: false,
    globalSetup: ['test/support/stack.ts'],
  },
});
