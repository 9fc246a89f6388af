import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ruleGroups } from '../../../contract/all-rules.ts';
import { BASE_RULES } from '../../../contract/base-rules.ts';
import type { RunMigrations } from '../../../contract/catalog-cache.ts';
import { type CheckOptions, checkProject } from '../../../contract/check.ts';
import { runMigrations } from '../../../contract/migrated-catalog.ts';
import type { Finding } from '../../../pipeline/finding.ts';
import { CONTRACT_FIXTURE, editedLine, fixtureBase, lineOf, mutatedProject } from '../../support/contract-fixture.ts';
import { DEFINITION, type Edit, newMigration, SQL } from '../../support/mutations/edit.ts';
import { harmlessChanges } from '../../support/mutations/harmless.ts';
import { mutations } from '../../support/mutations/mutations.ts';
import { partitionedProjects } from '../../support/mutations/partitions.ts';

/** One PGlite for all edits of SQL, emptied before each; catalogs of unedited SQL come from the cache. */
let database: PGlite;
let options: CheckOptions;
let cacheFolder: string;

beforeAll(async () => {
  database = await PGlite.create();
  cacheFolder = mkdtempSync(join(tmpdir(), 'perps-connect-catalogs-'));
  const inOneDatabase: RunMigrations = async (scripts) => {
    await database.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
    const query = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;
    return runMigrations({ query, exec: (sql) => database.exec(sql) }, scripts);
  };
  options = { base: fixtureBase, cacheFolder, runMigrations: inOneDatabase };
}, 60_000);

afterAll(async () => {
  rmSync(cacheFolder, { recursive: true, force: true });
  await database.close();
});

async function check<T>(edits: readonly Edit[], use: (findings: readonly Finding[], root: string) => T): Promise<T> {
  const project = mutatedProject(edits);
  try {
    return use(await checkProject(project.root, {}, options), project.root);
  } finally {
    project.remove();
  }
}

/** Rules about how the layers agree; the others compare with the base. */
const CONTRACT_RULES = new Set(ruleGroups.flatMap(({ rules }) => rules.map(({ id }) => id)));
/** Rules that only ever tell. */
const NOTES_ONLY = ['COLLATION', 'NO_FEED', 'DEAD_LETTER_RISK', 'SINK_RENAMED'];

const shown = ({ rule, file, line, message }: Finding): string => `${rule} ${file}:${line} ${message}`;

describe('an edit that would break a running pipeline is caught in its file and line', () => {
  it.each(mutations)('$name: $rule', async ({ edit, after = [], rule, at, also = [], says = /./ }) => {
    await check([...after, edit], (findings, root) => {
      const file = at?.file ?? edit.file;
      const line = at === undefined ? editedLine(root, edit) : lineOf(root, file, at.line);
      const caught = findings.filter(
        (finding) => finding.rule === rule && finding.file === file && finding.line === line,
      );
      expect(
        caught.map(({ severity }) => severity),
        findings.map(shown).join('\n'),
      ).toContain('error');
      const causes = findings
        .filter((one) => one.severity === 'error' && CONTRACT_RULES.has(one.rule))
        .map((one) => one.rule);
      if (CONTRACT_RULES.has(rule))
        expect(causes.toSorted(), findings.map(shown).join('\n')).toEqual([rule, ...also].toSorted());
      expect(caught.every(({ remedy, message }) => remedy !== '' && message !== '')).toBe(true);
      expect(caught.map(({ message, remedy }) => `${message}; ${remedy}`)).toContainEqual(expect.stringMatching(says));
    });
  });
});

describe('an edit that breaks nothing passes', () => {
  it.each([...harmlessChanges, ...partitionedProjects])('$name', async ({ edits }) => {
    const errors = await check(edits, (findings) => findings.filter(({ severity }) => severity === 'error'));
    expect(errors.map(shown)).toEqual([]);
  });
});

it('a renamed connector is told, and passes', async () => {
  const edit = { file: DEFINITION, find: 'name: positions-sink', replace: 'name: positions-writer' };
  const findings = await check([edit], (all) => all.map(({ rule, severity, line }) => [rule, severity, line]));
  expect(findings).toEqual([['SINK_RENAMED', 'note', lineOf(CONTRACT_FIXTURE, DEFINITION, 'name: positions-sink')]]);
});

it('an upsert key that gains the slot is told, and passes', async () => {
  const edits = [
    {
      file: DEFINITION,
      find: 'key: [position_account, signature]',
      replace: 'key: [slot, position_account, signature]',
    },
    newMigration(`CREATE UNIQUE INDEX slot_first ON positions (slot, position_account, signature);
DROP INDEX idx_unique_position_signature;`),
  ];
  const findings = await check(edits, (all) => all.map(({ rule, severity, remedy }) => [rule, severity, remedy]));
  expect(findings).toEqual([['UPSERT_KEY_CHANGED', 'note', 'delete the sink, migrate, deploy: docs/scale.md']]);
});

it('a text that the locale compares is told, and passes', async () => {
  const edit = {
    file: SQL,
    find: 'owner             VARCHAR(44) COLLATE "C"',
    replace: 'owner             VARCHAR(44)',
  };
  const findings = await check([edit], (all) => all.map(({ rule, severity, path }) => [rule, severity, path]));
  expect(findings).toContainEqual(['COLLATION', 'note', 'positions.owner']);
});

it('the unedited project has no finding at all', async () => {
  expect(await checkProject(CONTRACT_FIXTURE, {}, options)).toEqual([]);
});

it('every rule that can fail a check catches an edit', () => {
  const caught = new Set(mutations.map(({ rule }) => rule));
  const rules = [...ruleGroups.flatMap((group) => group.rules), ...BASE_RULES].map(({ id }) => id);
  expect(rules.filter((id) => !caught.has(id))).toEqual(NOTES_ONLY);
});

it('there are at least 40 edits that must be caught and 15 that must pass', () => {
  expect(mutations.length).toBeGreaterThanOrEqual(40);
  expect(harmlessChanges.length).toBeGreaterThanOrEqual(15);
});
