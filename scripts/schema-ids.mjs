#!/usr/bin/env node
// Renews the `$id` of each JSON Schema of the package: where the registry's mirror serves that file of this version, so
// that an editor can be given the `$id` alone; and the version that the examples depend on. Run it after the version in package.json has changed.
//
//   node scripts/schema-ids.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDERS = ['pipeline', 'cli/output-schemas', 'operate/watch/notify'];

/** The address that the schema in `file`, relative to the package, has in a version. */
export const schemaId = ({ name, version }, file) => `https://cdn.jsdelivr.net/npm/${name}@${version}/${file}`;

/** All JSON Schemas of the package at `root`, relative to it. */
export const schemaFiles = (root) =>
  FOLDERS.flatMap((folder) =>
    readdirSync(`${root}${folder}`)
      .filter((file) => file.endsWith('.schema.json'))
      .map((file) => `${folder}/${file}`),
  );

function main() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  for (const file of schemaFiles(root)) {
    const text = readFileSync(`${root}${file}`, 'utf8');
    const id = `"$id": "${schemaId(manifest, file)}"`;
    const renewed = /^ {2}"\$id": "[^"]*"/m.test(text)
      ? text.replace(/(?<=^ {2})"\$id": "[^"]*"/m, () => id)
      : text.replace(/(?<=^ {2})"\$schema": "[^"]*",/m, (line) => `${line}\n  ${id},`);
    writeFileSync(`${root}${file}`, renewed);
  }
  for (const example of readdirSync(`${root}examples`, { withFileTypes: true }).filter((one) => one.isDirectory())) {
    const file = `${root}examples/${example.name}/package.json`;
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(/(?<="perps-connect": ")[^"]*/, () => manifest.version),
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
