import { ConnectError } from '../core/errors.ts';
import { selectEnvironment, selectStreams } from '../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { checkAgainstGit } from '../schemas/compatibility/check-against-git.ts';
import { type Finding, mergeFindings } from '../schemas/compatibility/finding.ts';
import { openGitBase } from '../schemas/compatibility/git-base.ts';
import { type CompatibilityLevel, DEFAULT_LEVEL, parseLevel } from '../schemas/compatibility/level.ts';
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
    findings.push(...(await againstRegistry(context, project, environment, streams, level)));
    compared.push(`the registry of ${environment.name}`);
  }
  return { findings: mergeFindings(findings), prefix, compared };
}

/** The registry's client is loaded only when one is asked for: a check against git stays fast and offline. */
async function againstRegistry(
  context: CliContext,
  project: Project,
  environment: Environment,
  streams: readonly StreamDefinition[],
  level: CompatibilityLevel | undefined,
): Promise<Finding[]> {
  const [{ checkAgainstRegistry }, { createSchemaRegistry }, { registryConnection }] = await Promise.all([
    import('../schemas/compatibility/check-against-registry.ts'),
    import('../schemas/registry.ts'),
    import('../pipeline/connections.ts'),
  ]);
  const registry = createSchemaRegistry(registryConnection(environment, context.secrets(project)));
  return checkAgainstRegistry(project, streams, registry, level);
}
