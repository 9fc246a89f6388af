import { run } from '../../cli/main.ts';
import { type CapturedOptions, capturedContext } from './captured-context.ts';
import { requireDescribed } from './output-schemas.ts';

export interface InProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command line in this process, without a terminal: the whole program but for the start of a process. What it
 * prints as JSON must be as its published schema says.
 */
export async function runInProcess(
  args: readonly string[],
  options: CapturedOptions & { readonly cwd: string },
): Promise<InProcessResult> {
  const { context, said } = capturedContext(options);
  await run(args, context);
  requireDescribed(args, said.stdout);
  return said;
}
