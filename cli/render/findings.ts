import type { Finding } from '../../app/check.ts';
import type { CliContext } from '../context.ts';
import type { OutputFormat } from '../flags.ts';
import { noun } from '../format.ts';

export interface ReportOptions {
  /** The command, as the report's title: "connect schemas check". */
  readonly title: string;
  /** From the repository's top folder to the project, ending with a slash: GitHub's annotations are relative to the former. */
  readonly prefix?: string;
}

/**
 * Prints a report, and notes what it comes to: `summary` gets the number of findings that fail the check in words (undefined:
 * none) and that of the notes (empty: none). Exit code 3 when something fails the check.
 */
export function showFindings(
  context: CliContext,
  findings: readonly Finding[],
  options: ReportOptions,
  summary: (found: string | undefined, notes: string) => string,
): void {
  const { format } = context;
  if (format === 'json') context.json({ ...countFindings(findings), findings });
  else {
    const report = reportAs[format](findings, options);
    if (report !== '') format === 'github-actions' ? context.printCommands(report) : context.print(report);
  }
  const { errors, notes } = countFindings(findings);
  const found = errors === 0 ? undefined : `${errors} ${noun(errors, 'finding')}`;
  context.note(summary(found, notes === 0 ? '' : `, ${notes} ${noun(notes, 'note')}`));
  if (errors > 0) context.setExitCode(3);
}

/** Findings, in their order, as one text without a final newline. */
export const reportAs: Readonly<
  Record<Exclude<OutputFormat, 'json'>, (findings: readonly Finding[], options: ReportOptions) => string>
> = {
  text: (findings) => findings.map(textOf).join('\n'),
  'github-actions': (findings, { prefix = '' }) => findings.map((one) => annotationOf(one, prefix)).join('\n'),
  junit: (findings, { title }) => junitOf(findings, title),
};

/** How many findings fail the check and how many do not. */
function countFindings(findings: readonly Finding[]): { readonly errors: number; readonly notes: number } {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { errors, notes: findings.length - errors };
}

function textOf({ file, line, column, severity, rule, path, message, remedy, against }: Finding): string {
  const lines = [`${file}:${line}:${column}  ${severity}  ${message}`];
  lines.push(`  rule     ${rule} at ${path}${against === undefined ? '' : `, against ${against}`}`);
  lines.push(`  instead  ${remedy}`);
  return lines.join('\n');
}

/** A workflow command; see GitHub's "Workflow commands for GitHub Actions". */
function annotationOf(finding: Finding, prefix: string): string {
  const { file, line, column, severity, rule, message, remedy, against } = finding;
  const properties = Object.entries({ file: `${prefix}${file}`, line, col: column, title: rule })
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(',');
  const text = `${message}\nInstead: ${remedy}${against === undefined ? '' : `\nCompared with ${against}`}`;
  return `::${severity === 'error' ? 'error' : 'notice'} ${properties}::${escapeData(text)}`;
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** One test case a finding; without findings one that passes, since CI systems take an empty suite for a mistake. */
function junitOf(findings: readonly Finding[], title: string): string {
  const { errors } = countFindings(findings);
  const cases = findings.length === 0 ? ['    <testcase classname="check" name="no findings"/>'] : findings.map(caseOf);
  const counts = `name="${escapeXml(title)}" tests="${cases.length}" failures="${errors}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite ${counts} skipped="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function caseOf(finding: Finding): string {
  const { file, line, column, severity, rule, path, message } = finding;
  const open =
    `    <testcase classname="${escapeXml(file)}" name="${escapeXml(`${rule} ${path} (${line}:${column})`)}" ` +
    `file="${escapeXml(file)}" line="${line}">`;
  const text = escapeXml(textOf(finding));
  const body =
    severity === 'error'
      ? `      <failure type="${escapeXml(rule)}" message="${escapeXml(message)}">${text}</failure>`
      : `      <system-out>${text}</system-out>`;
  return [open, body, '    </testcase>'].join('\n');
}

/** For text and attributes. Characters that XML 1.0 cannot hold at all become U+FFFD. */
function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones XML forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/\p{Surrogate}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
