import { readFile, writeFile } from 'node:fs/promises';
import { type MadePlan, planFileText, readPlanFile, type SavedPlan } from '../connectors/plan/plan-file.ts';
import { ConnectError } from '../core/errors.ts';

/** Writes a plan. Errors: ENVIRONMENT. */
export async function savePlan(path: string, made: MadePlan): Promise<void> {
  await writeFile(path, planFileText(made)).catch((error: NodeJS.ErrnoException) => {
    throw new ConnectError('ENVIRONMENT', `the plan cannot be written to ${path} (${error.code ?? String(error)})`, {
      cause: error,
    });
  });
}

/** Reads a plan to deploy. `environment`: the one that was asked for, if any; a plan for another is refused. Errors: USAGE. */
export async function loadPlan(path: string, environment: string | undefined): Promise<SavedPlan> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConnectError('USAGE', `the plan ${path} cannot be read (${error.code ?? String(error)})`, {
      cause: error,
    });
  });
  const saved = readPlanFile(path, text);
  const planned = saved.plan.environment;
  if (environment !== undefined && environment !== planned) {
    throw new ConnectError('USAGE', `${path} is a plan for ${planned}, not for ${environment}; nothing was done`, {
      hint: `leave -e out, or make a plan for ${environment}`,
    });
  }
  return saved;
}
