import type { Finding } from '../../app/check.ts';
import { ConnectError, causesOf } from '../../core/errors.ts';

type Problem = Pick<Finding, 'file' | 'line' | 'column' | 'message'>;

/** An error as a person reads it: what failed, every problem with its place, what to do next. */
export function renderError(error: unknown, options: { debug: boolean }): string {
  const known = ConnectError.from(error);
  const lines = [`✗ ${known.message}`];
  for (const problem of problemsOf(known)) {
    lines.push(`  ${problem.file}:${problem.line}:${problem.column}  ${problem.message}`);
  }
  if (known.hint !== undefined) lines.push(`  hint  ${known.hint}`);
  if (known.code === 'INTERNAL' && !options.debug)
    lines.push('  hint  run again with DEBUG=connect for the stack trace');
  if (options.debug) lines.push(...stacks(known));
  return lines.join('\n');
}

/** The stack of the error and of what caused it. Their other properties may hold whole requests, so they stay out. */
const stacks = (error: Error): string[] =>
  causesOf(error)
    .slice(0, 20)
    .map(({ stack, message }, index) => `${index === 0 ? '' : 'caused by '}${stack ?? message}`);

function problemsOf(error: ConnectError): readonly Problem[] {
  const { problems } = error.details;
  return Array.isArray(problems) ? (problems as Problem[]) : [];
}
