#!/usr/bin/env node
// Packs the package into a folder, has the tarball judged by publint and attw, and rehearses its publication: everything
// of a release that needs no rights. CI runs it on each commit, the workflow `release` on a tag. Needs the registry.
//
//   node scripts/pack.mjs <folder>
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('pack: give the folder for the tarball: node scripts/pack.mjs out');
  process.exit(2);
}
const out = resolve(folder);
mkdirSync(out, { recursive: true });
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = join(out, `${name}-${version}.tgz`);

for (const command of [
  ['npm', 'pack', '--pack-destination', out],
  ['npx', 'publint', '--strict', tarball],
  // Who still resolves as Node 10 did, or requires, is not served: the package is of ES modules.
  ['npx', 'attw', tarball, '--profile', 'esm-only', '--format', 'table-flipped'],
  ['npm', 'publish', '--dry-run', '--access', 'public', tarball],
]) {
  console.log(`$ ${command.join(' ')}`);
  const { status } = spawnSync(command[0], command.slice(1), { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
