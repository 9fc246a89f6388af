#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error(
    '✗ this checkout is not built yet\n  hint  run `npx -y pnpm connect …` (it builds first) or `npx -y pnpm build`',
  );
  process.exit(1);
}
await (await import(main.href)).main();
