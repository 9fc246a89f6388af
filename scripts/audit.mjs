#!/usr/bin/env node
// Asks OSV for known holes of every npm package and jar that the lock files pin. It ends with 1 when there is one that
// scripts/audit-accepted.json does not accept, and with 2 when it cannot ask.
//
//   node scripts/audit.mjs
import { readFileSync } from 'node:fs';
import { lockedPackages } from './packages.mjs';

/** OSV's own bound on the queries of one request. */
const BATCH = 1000;
const service = process.env.OSV_URL ?? 'https://api.osv.dev';
const accepted = JSON.parse(
  readFileSync(process.env.AUDIT_ACCEPTED ?? new URL('audit-accepted.json', import.meta.url), 'utf8'),
);
const today = new Date().toISOString().slice(0, 10);

try {
  process.exitCode = await audit();
} catch (error) {
  console.error(`audit: ${service} could not be asked: ${error.cause?.message ?? error.message}`);
  console.error('Nothing is known about the packages. Run it where this service is reached.');
  process.exitCode = 2;
}

async function audit() {
  const packages = lockedPackages();
  const findings = await findingsOf(packages);
  const used = new Set();
  let open = 0;
  for (const { found, hole } of findings) {
    const names = [hole.id, ...(hole.aliases ?? [])];
    const entry = accepted.find((one) => names.includes(one.id) && one.package === `${found.name}@${found.version}`);
    used.add(entry);
    if (entry !== undefined && entry.until >= today) continue;
    open += 1;
    const late = entry === undefined ? '' : ` (accepted until ${entry.until}: ${entry.reason})`;
    console.log(`${found.name}@${found.version}: ${names.join(', ')}: ${hole.summary ?? 'no summary'}${late}`);
  }
  for (const entry of accepted.filter((one) => !used.has(one))) {
    console.log(`${entry.package}: ${entry.id} is accepted, and OSV tells no such hole: take the entry away`);
  }
  console.log(`${packages.length} packages, ${findings.length} known holes, ${open} not accepted`);
  return open === 0 ? 0 : 1;
}

/** Each hole of each package, with what OSV says of it. What has been withdrawn is none. */
async function findingsOf(packages) {
  const pairs = [];
  for (let from = 0; from < packages.length; from += BATCH) {
    pairs.push(...(await ask(packages.slice(from, from + BATCH).map((found) => ({ found })))));
  }
  const details = new Map();
  for (const { id } of pairs) {
    if (!details.has(id)) details.set(id, await answer(`/v1/vulns/${encodeURIComponent(id)}`));
  }
  return pairs
    .map(({ found, id }) => ({ found, hole: details.get(id) }))
    .filter(({ hole }) => hole.withdrawn === undefined);
}

/** One request, and one more for those whose answer has a next page. */
async function ask(questions) {
  const queries = questions.map(({ found, token }) => ({ package: { purl: found.purl }, page_token: token }));
  const { results } = await answer('/v1/querybatch', { method: 'POST', body: JSON.stringify({ queries }) });
  if (results?.length !== questions.length)
    throw new Error(`${questions.length} questions, ${results?.length} answers`);
  const pairs = results.flatMap(({ vulns = [] }, at) => vulns.map(({ id }) => ({ found: questions[at].found, id })));
  const more = results.flatMap(({ next_page_token: token }, at) => (token ? [{ ...questions[at], token }] : []));
  return more.length === 0 ? pairs : [...pairs, ...(await ask(more))];
}

async function answer(path, options = {}) {
  const reply = await fetch(`${service}${path}`, { ...options, signal: AbortSignal.timeout(60_000) });
  if (!reply.ok) throw new Error(`${path}: HTTP ${reply.status}`);
  return reply.json();
}
