import { createInterface } from 'node:readline/promises';
import { ConnectError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** Asks a person for a line. Only where `context.isTty`. Errors: INTERRUPTED by Ctrl-C, and when the input ends. */
export async function ask(context: CliContext, question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: context.screen.stderr });
  const left = new AbortController();
  terminal.once('close', () => left.abort());
  try {
    const signal = AbortSignal.any([context.signal, left.signal]);
    return (await terminal.question(context.cleaned(question), { signal })).trim();
  } catch (error) {
    throw left.signal.aborted ? new ConnectError('INTERRUPTED', 'interrupted', { cause: error }) : error;
  } finally {
    terminal.close();
  }
}

/** Asks until the answer passes `problemOf`; an empty one is `otherwise`, where there is such a thing. */
export async function askFor(
  context: CliContext,
  question: string,
  otherwise: string | undefined,
  problemOf: (answer: string) => string | undefined,
): Promise<string> {
  const offer = otherwise === undefined ? '' : ` (${otherwise})`;
  for (;;) {
    const answer = (await ask(context, `${question}${offer}: `)) || (otherwise ?? '');
    const problem = problemOf(answer);
    if (problem === undefined) return answer;
    context.note(`  ${problem}`);
  }
}
