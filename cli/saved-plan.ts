import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type MadePlan, planFileText, readPlanFile, type SavedPlan } from '../connectors/plan/plan-file.ts';
import { ConnectError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** Writes a plan where the command line says. Errors: ENVIRONMENT. */
export async function savePlan({ cwd, note }: CliContext, file: string, made: MadePlan): Promise<void> {
  try {
    await writeFile(resolve(cwd, file), planFileText(made));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConnectError('ENVIRONMENT', `the plan cannot be written to ${file} (${reason})`, { cause: error });
  }
  note(`plan saved; apply it with \`connect deploy --plan ${file}\``);
}

/**
 * Reads a plan that is to be deployed. `env` is what the command line says; a plan for another environment is refused.
 * Errors: USAGE.
 */
export async function loadPlan({ cwd }: CliContext, file: string, env: string | undefined): Promise<SavedPlan> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConnectError('USAGE', `the plan ${file} cannot be read (${reason})`, { cause: error });
  }
  const saved = readPlanFile(file, text);
  const { environment } = saved.plan;
  if (env !== undefined && env !== environment) {
    throw new ConnectError('USAGE', `${file} is a plan for ${environment}, not for ${env}; nothing was done`, {
      hint: `leave -e out, or make a plan for ${env}`,
    });
  }
  return saved;
}
