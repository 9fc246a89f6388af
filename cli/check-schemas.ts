import { ConnectError } from '../core/errors.ts';
import { registryConnection } from '../pipeline/connections.ts';
import { selectEnvironment, selectStreams } from '../pipeline/load.ts';
import { checkAgainstGit } from '../schemas/compatibility/check-against-git.ts';
import { checkAgainstRegistry } from '../schemas/compatibility/check-against-registry.ts';
import { type Finding, mergeFindings } from '../schemas/compatibility/finding.ts';
import { openGitBase } from '../schemas/compatibility/git-base.ts';
import { DEFAULT_LEVEL, parseLevel } from '../schemas/compatibility/level.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import type { CliContext } from './context.ts';

export interface SchemasCheck {
  /** A branch, tag or commit. */
  readonly against?: string;
  /** Environment whose registry is compared with. */
  readonly env?: string;
  readonly level?: string;
  readonly only?: string[];
}

export interface SchemasChecked {
  readonly findings: readonly Finding[];
  /** From the repository's top folder to the project, ending with a slash. */
  readonly prefix: string;
  /** What it was compared with, in words. */
  readonly compared: readonly string[];
}

/** Compares the project's schemas with git, a registry or both. Errors: USAGE when neither is asked for. */
export async function checkSchemas(context: CliContext, check: SchemasCheck): Promise<SchemasChecked> {
  if (check.against === undefined && check.env === undefined) {
    throw new ConnectError('USAGE', 'schemas check needs something to compare with', {
      hint: 'give --against main for git, -e <environment> for its registry, or both',
    });
  }
  const level = check.level === undefined ? undefined : parseLevel(check.level);
  const project = await context.loadProject();
  const streams = selectStreams(project, check.only);
  const findings: Finding[] = [];
  const compared: string[] = [];
  let prefix = '';
  if (check.against !== undefined) {
    const base = await openGitBase(project.root, check.against, context.env);
    findings.push(...(await checkAgainstGit(project, streams, base, level ?? DEFAULT_LEVEL)));
    compared.push(base.label);
    prefix = base.prefix;
  }
  if (check.env !== undefined) {
    const environment = selectEnvironment(project, check.env);
    const registry = createSchemaRegistry(registryConnection(environment, context.secrets(project)));
    findings.push(...(await checkAgainstRegistry(project, streams, registry, level)));
    compared.push(`the registry of ${environment.name}`);
  }
  return { findings: mergeFindings(findings), prefix, compared };
}
