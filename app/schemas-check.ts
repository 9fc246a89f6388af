import { type Finding, mergeFindings } from '../pipeline/finding.ts';
import { selectStreams } from '../pipeline/load.ts';
import { checkAgainstGit } from '../schemas/compatibility/check-against-git.ts';
import { openGitBase } from '../schemas/compatibility/git-base.ts';
import { DEFAULT_LEVEL, parseLevel } from '../schemas/compatibility/level.ts';
import type { Checked, CheckRequest } from './check.ts';
import { openEnvironment, openProject, type Runtime } from './session.ts';

/**
 * Compares the project's schemas with git (`against`), an environment's registry or both. The registry's client is loaded only for a registry: a
 * check against git stays fast and offline. Errors: USAGE for an unknown name or level.
 */
export async function checkSchemas(
  runtime: Runtime,
  { against, env, level: word, only }: CheckRequest & { readonly level?: string | undefined },
): Promise<Checked> {
  const level = word === undefined ? undefined : parseLevel(word);
  const project = openProject(runtime);
  const streams = selectStreams(project, only);
  const findings: Finding[] = [];
  const compared: string[] = [];
  let prefix = '';
  if (against !== undefined) {
    const base = await openGitBase(project.root, against, runtime.env);
    findings.push(...(await checkAgainstGit(project, streams, base, level ?? DEFAULT_LEVEL)));
    compared.push(base.label);
    prefix = base.prefix;
  }
  if (env !== undefined) {
    const session = openEnvironment(project, env, runtime);
    const { checkAgainstRegistry } = await import('../schemas/compatibility/check-against-registry.ts');
    findings.push(...(await checkAgainstRegistry(project, streams, await session.registry(), level)));
    compared.push(`the registry of ${session.environment.name}`);
  }
  return { findings: mergeFindings(findings), prefix, subject: compared.join(' and ') };
}
