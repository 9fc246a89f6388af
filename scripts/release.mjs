#!/usr/bin/env node
// What the workflow `release` asks of the files before it publishes a tag.
//
//   node scripts/release.mjs check v1.2.3    ends with 1 and says what is missing
//   node scripts/release.mjs notes v1.2.3    prints the version's section of CHANGELOG.md
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The text below `## <version> (<date>)`, without its heading; undefined where there is none. */
export function sectionOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => {
    const [, named, date] = /^(\S+) \((\S+)\)$/m.exec(section.split('\n', 1)[0]) ?? [];
    return named === version && /^\d{4}-\d\d-\d\d$/.test(date);
  });
  return found?.slice(found.indexOf('\n')).trim() || undefined;
}

/** What keeps a tag from being released, one line each. */
export function problemsOf(tag, { manifest, changelog, compose }) {
  const version = tag.replace(/^v/, '');
  const problems = [];
  if (!/^v\d+\.\d+\.\d+$/.test(tag)) problems.push(`${tag} is no version: v1.2.3`);
  if (manifest.version !== version) problems.push(`package.json is at ${manifest.version}, not at ${version}`);
  const images = [...compose.matchAll(/perps-connect\/app:(\S+)/g)].map(([, image]) => image);
  if (images.some((image) => image !== manifest.version)) {
    problems.push(`docker-compose.yml runs ${[...new Set(images)].join(', ')}, not ${manifest.version}`);
  }
  if (sectionOf(changelog, version) === undefined) {
    problems.push(`CHANGELOG.md has no section "## ${version} (<year>-<month>-<day>)" with a text`);
  }
  return problems;
}

function main([task, tag]) {
  const read = (file) => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
  if (tag === undefined || !['check', 'notes'].includes(task)) {
    console.error('release: node scripts/release.mjs check|notes v1.2.3');
    process.exit(2);
  }
  const changelog = read('CHANGELOG.md');
  const problems = problemsOf(tag, {
    manifest: JSON.parse(read('package.json')),
    changelog,
    compose: read('docker-compose.yml'),
  });
  for (const problem of problems) console.error(`release: ${problem}`);
  if (problems.length > 0) process.exit(1);
  if (task === 'notes') console.log(sectionOf(changelog, tag.slice(1)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
