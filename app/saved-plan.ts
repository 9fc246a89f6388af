import { lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Hide, type MadePlan, planFile, type ReadPlan, readPlanFile } from '../connectors/plan/plan-file.ts';
import { ConnectError } from '../core/errors.ts';
import { writeWhole } from '../core/write-whole.ts';

/**
 * Writes a plan for its owner alone, and returns its digest. `hide`: takes out what is known to be secret. Errors: ENVIRONMENT, also for a
 * link or a device in the file's place.
 */
export function savePlan(path: string, made: MadePlan, hide: Hide = (value) => value): string {
  const { text, digest } = planFile(made, hide);
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) throw Object.assign(new Error(), { code: 'no regular file' });
    writeWhole(path, text, 0o600);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConnectError('ENVIRONMENT', `the plan cannot be written to ${path} (${reason})`, { cause: error });
  }
  return digest;
}

/**
 * Reads a plan to deploy. `environment`: the one that was asked for, if any; a plan for another is refused. `digest`: of the plan that was
 * approved. Errors: USAGE; UNSAFE for another plan than that.
 */
export async function loadPlan(path: string, environment: string | undefined, digest?: string): Promise<ReadPlan> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConnectError('USAGE', `the plan ${path} cannot be read (${error.code ?? String(error)})`, {
      cause: error,
    });
  });
  const saved = readPlanFile(path, text);
  if (digest !== undefined && digest !== saved.digest) {
    throw new ConnectError('UNSAFE', `${path} has the digest ${saved.digest}, not ${digest}; nothing was done`, {
      details: { digest: saved.digest, approved: digest },
      hint: 'it is another plan than the one that was approved: find out who has changed it',
    });
  }
  const planned = saved.plan.environment;
  if (environment !== undefined && environment !== planned) {
    throw new ConnectError('USAGE', `${path} is a plan for ${planned}, not for ${environment}; nothing was done`, {
      hint: `leave -e out, or make a plan for ${environment}`,
    });
  }
  return saved;
}
