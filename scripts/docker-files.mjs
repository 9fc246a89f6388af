#!/usr/bin/env node
// Writes the files below docker/ that repeat the settings and versions of the embedded stack. A unit test fails while
// one of them is out of date.
//
//   pnpm build && node scripts/docker-files.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dockerFiles } from '../dist/stack/docker/files.js';

for (const [path, text] of Object.entries(dockerFiles())) {
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
}
