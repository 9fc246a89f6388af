import { checkProject } from '../contract/check.ts';
import { type Finding, mergeFindings } from '../pipeline/finding.ts';
import { findProjectRoot } from '../pipeline/load.ts';
import { openGitBase } from '../schemas/compatibility/git-base.ts';
import { openEnvironment, openProject, type Runtime } from './session.ts';

export type { Finding };

/** What a check is about. */
export interface CheckRequest {
  /** A branch, tag or commit: what a change since then breaks is checked as well. */
  readonly against?: string | undefined;
  /** Environment of connect.yaml. Default: the project's. */
  readonly env?: string | undefined;
  /** Names of streams. Default: all. */
  readonly only?: string[] | undefined;
}

/** What a check found. Nothing is wrong where `findings` is empty. */
export interface Checked {
  /** Each with rule, file, line, message and remedy. */
  readonly findings: readonly Finding[];
  /** From the repository's top folder to the project, ending with a slash. */
  readonly prefix: string;
  /** What was checked, or compared with, in words. */
  readonly subject: string;
}

/**
 * Proves that all layers of the project's files agree and, when asked, compares them with git and, if `live`, with what runs in the environment. What is
 * wrong is no error but a finding. Errors: USAGE without a project, for an unknown stream or commit; with `live` UNREACHABLE and REFUSED.
 */
export async function check(runtime: Runtime, request: CheckRequest & { readonly live: boolean }): Promise<Checked> {
  const { against, live, only } = request;
  const root = findProjectRoot(runtime.cwd, runtime.env);
  const base = against === undefined ? undefined : await openGitBase(root, against, runtime.env);
  const findings = await checkProject(root, runtime.env, { only, base });
  const compared = base === undefined ? '' : `, compared with ${base.label}`;
  const checked = { findings, prefix: base?.prefix ?? '', subject: `the files${compared}` };
  return live ? withLive(runtime, request, checked) : checked;
}

/** What runs can only be compared with files that can be read. */
async function withLive(runtime: Runtime, { env, only }: CheckRequest, offline: Checked): Promise<Checked> {
  if (offline.findings.some(({ rule }) => rule === 'DEFINITION_INVALID' || rule === 'FILE_INVALID')) return offline;
  const { checkLive } = await import('../contract/live.ts');
  const session = openEnvironment(openProject(runtime), env, runtime);
  const { project, environment, secrets } = session;
  const host = await session.host();
  const live = await checkLive(project, environment, { secrets, host }, only);
  return {
    ...offline,
    findings: mergeFindings([...offline.findings, ...live]),
    subject: `${offline.subject} and ${environment.name} as it runs`,
  };
}
