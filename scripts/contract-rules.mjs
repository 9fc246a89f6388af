#!/usr/bin/env node
// Writes docs/contract-rules.md from the rules themselves. A unit test fails while the file is out of date.
//
//   pnpm build && node scripts/contract-rules.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rulesDocument } from '../dist/contract/rules-document.js';

writeFileSync(fileURLToPath(new URL('../docs/contract-rules.md', import.meta.url)), rulesDocument());
