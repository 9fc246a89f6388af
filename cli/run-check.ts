import { checkProject } from '../contract/check.ts';
import { ConnectError } from '../core/errors.ts';
import { findProjectRoot } from '../pipeline/load.ts';
import { type Finding, mergeFindings, sortFindings } from '../schemas/compatibility/finding.ts';
import { openGitBase } from '../schemas/compatibility/git-base.ts';
import type { CliContext } from './context.ts';

export interface CheckRequest {
  /** A branch, tag or commit. */
  readonly against?: string;
  readonly live?: boolean;
  readonly env?: string;
  readonly only?: string[];
}

export interface Checked {
  readonly findings: readonly Finding[];
  /** From the repository's top folder to the project, ending with a slash. */
  readonly prefix: string;
  /** What was checked, in words. */
  readonly subject: string;
}

/** Runs the contract check over the project's files and, when asked for, over a base in git and what really runs. */
export async function runCheck(context: CliContext, request: CheckRequest): Promise<Checked> {
  if (request.env !== undefined && request.live !== true) {
    throw new ConnectError('USAGE', '-e names an environment to look at, but nothing live was asked for', {
      hint: 'add --live, or leave -e out: without --live every environment of connect.yaml is checked',
    });
  }
  const root = findProjectRoot(context.cwd);
  const base = request.against === undefined ? undefined : await openGitBase(root, request.against, context.env);
  const findings = await checkProject(root, context.env, {
    ...(request.only === undefined ? {} : { only: request.only }),
    ...(base === undefined ? {} : { base }),
  });
  const compared = base === undefined ? '' : `, compared with ${base.label}`;
  const checked = { findings, prefix: base?.prefix ?? '', subject: `the files${compared}` };
  return request.live === true ? withLive(context, request, checked) : checked;
}

/** What runs can only be compared with files that can be read. */
async function withLive(context: CliContext, request: CheckRequest, offline: Checked): Promise<Checked> {
  if (offline.findings.some(({ rule }) => rule === 'DEFINITION_INVALID' || rule === 'FILE_INVALID')) return offline;
  const [{ checkLive }, { connectTarget }, { selectEnvironment }] = await Promise.all([
    import('../contract/live.ts'),
    import('../app/connect-target.ts'),
    import('../pipeline/load.ts'),
  ]);
  const project = await context.loadProject();
  const environment = selectEnvironment(project, request.env);
  const secrets = context.secrets(project);
  const target = connectTarget(environment, secrets);
  const live = await checkLive(project, environment, { secrets, target }, request.only);
  return {
    ...offline,
    findings: sortFindings(mergeFindings([...offline.findings, ...live])),
    subject: `${offline.subject} and ${environment.name} as it runs`,
  };
}
