import { join } from 'node:path';
import type { Problem } from '../pipeline/finding.ts';
import { type Finding, mergeFindings } from '../pipeline/finding.ts';
import { loadProject, selectStreams } from '../pipeline/load.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { checkAgainstGit } from '../schemas/compatibility/check-against-git.ts';
import type { GitBase } from '../schemas/compatibility/git-base.ts';
import { DEFAULT_LEVEL } from '../schemas/compatibility/level.ts';
import { ruleGroups } from './all-rules.ts';
import { allowedForNothing, withoutAllowed } from './allowances.ts';
import { baseViolations } from './base-rules.ts';
import { migratedCatalog, type RunMigrations } from './catalog-cache.ts';
import { withoutConsequences } from './consequences.ts';
import type { Contract } from './contract.ts';
import { FILE_RULES } from './file-rules.ts';
import { loadContract, MIGRATIONS_FOLDER, problemsOf, readScripts } from './load-contract.ts';
import { type MigratedCatalog, NO_MIGRATIONS } from './migrated-catalog.ts';
import { changedSince, toFinding } from './report-places.ts';
import type { BrokenRule } from './rule.ts';

export interface CheckOptions {
  /** These streams only. */
  readonly only?: readonly string[] | undefined;
  /** The state before the change: lines edited since are preferred as places, and what must not change is checked as well. */
  readonly base?: GitBase | undefined;
  /** Where catalogs are cached. Default: `.connect/cache` in the project. */
  readonly cacheFolder?: string | undefined;
  /** Runs migrations whose catalog is not cached. Default: a PGlite of its own each time. */
  readonly runMigrations?: RunMigrations | undefined;
}

/**
 * Checks a folder from the very beginning: what `loadProject` refuses is a finding, too.
 * Errors: USAGE for an unknown stream, a bad port variable or no stream at all.
 */
export async function checkProject(
  root: string,
  env: NodeJS.ProcessEnv,
  options: CheckOptions = {},
): Promise<readonly Finding[]> {
  let project: Project;
  try {
    project = loadProject(root, env);
  } catch (error) {
    const problems = problemsOf(error, root, 'connect.yaml');
    return toFindings(root, problems.map(invalid('DEFINITION_INVALID')), options.base);
  }
  return checkContract(project, options);
}

/**
 * Proves that feed, Avro schema, connector and the catalog that the migrations make agree, for each stream. No server
 * is asked. The findings and their order depend on nothing but the files. Errors: USAGE for an unknown stream.
 */
export async function checkContract(project: Project, options: CheckOptions = {}): Promise<readonly Finding[]> {
  const streams = selectStreams(project, options.only);
  const { base } = options;
  const { broken, contracts, readable } = await loadContracts(project, streams, options);
  broken.push(...contracts.flatMap(brokenRules));
  if (base !== undefined) broken.push(...(await baseViolations(project, streams, base)));
  const findings = await toFindings(project.root, broken, base);
  if (base === undefined || !readable) return findings;
  const compatibility = await checkAgainstGit(project, streams, base, DEFAULT_LEVEL);
  return mergeFindings([...findings, ...compatibility]);
}

/** Every rule over one contract, but for what its definition allows. */
function brokenRules(contract: Contract): BrokenRule[] {
  const { stream, definition } = contract;
  const broken = ruleGroups.flatMap(({ rules }) =>
    rules.flatMap((rule) => [...rule.check(contract)].map((violation) => ({ rule: rule.id, ...violation }))),
  );
  return withoutConsequences([...withoutAllowed(stream, broken), ...allowedForNothing(stream, definition, broken)]);
}

/** Loads the contracts of these streams. A file that does not parse, or a migration that does not run, is a broken rule. */
export async function loadContracts(
  project: Project,
  streams: readonly StreamDefinition[],
  options: Pick<CheckOptions, 'cacheFolder' | 'runMigrations'> = {},
) {
  const broken: BrokenRule[] = [];
  const contracts: Contract[] = [];
  let migrated: MigratedCatalog | undefined;
  try {
    const folder = options.cacheFolder ?? join(project.root, '.connect', 'cache');
    migrated = await migratedCatalog(readScripts(project), folder, options.runMigrations);
  } catch (error) {
    broken.push(...problemsOf(error, project.root, MIGRATIONS_FOLDER).map(invalid('FILE_INVALID')));
  }
  if (migrated?.failure !== undefined) {
    broken.push(invalid('MIGRATION_FAILS')({ ...migrated.failure.place, message: migrated.failure.message }));
  }
  /** Whether every schema and .proto parses. */
  let readable = true;
  for (const stream of streams) {
    try {
      const contract = loadContract(project, stream, migrated ?? NO_MIGRATIONS);
      // With half a catalog, the rules would miss what the other migrations make.
      if (migrated !== undefined && migrated.failure === undefined) contracts.push(contract);
    } catch (error) {
      readable = false;
      broken.push(...problemsOf(error, project.root, stream.schema).map(invalid('FILE_INVALID')));
    }
  }
  return { contracts, broken, readable };
}

const invalid =
  (rule: keyof typeof FILE_RULES) =>
  ({ file, line, column, message }: Problem): BrokenRule => ({
    rule,
    path: file,
    places: [{ file, line, column }],
    message,
    remedy: FILE_RULES[rule].remedy,
  });

async function toFindings(
  root: string,
  broken: readonly BrokenRule[],
  base: GitBase | undefined,
): Promise<readonly Finding[]> {
  const files = broken.flatMap(({ places }) => places.map(({ file }) => file));
  const isChanged = base === undefined ? undefined : await changedSince(root, base, files);
  // Two environments with the same configuration break a rule twice. It is reported once.
  return mergeFindings(broken.map((one) => toFinding(one, isChanged)));
}
