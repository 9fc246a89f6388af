import type { VerifyReport } from '../../app/verify.ts';
import { count } from '../format.ts';

/** A report of `verify` as lines for a person: what was compared, what differs, and where. */
export function verifyLines(report: VerifyReport): string[] {
  const { oracle } = report;
  const exact = report.differences === 0;
  const lines = [
    `${exact ? '✓' : '✗'} ${report.stream}   ${count(report.records)} records, ${count(report.rows)} rows: ` +
      `${count(report.missing)} missing, ${count(report.unequal)} unequal, ${count(report.unexpected)} unexpected`,
    `  current    ${count(report.identities)} identities, ${count(report.notCurrent)} not the newest`,
    `  refused    ${count(report.rejected)} in the rejected topic, ${count(report.deadLetters)} dead letters`,
  ];
  if (report.foldRows + report.notFolded > 0) {
    lines.push(
      `  rollup     ${count(report.foldRows)} rows, ${count(report.notFolded)} identities not what the history gives`,
    );
  }
  if (report.superseded > 0) lines.push(`  redelivered ${count(report.superseded)} records, absorbed by the upsert`);
  if (report.rowsBeforeTopic > 0) {
    lines.push(
      `  older      ${count(report.rowsBeforeTopic)} rows whose records the topic no longer keeps: not compared`,
    );
  }
  if (oracle !== undefined) {
    lines.push(
      `  oracle     ${count(oracle.updates)} updates sent = ${count(oracle.expectedRows)} rows + ` +
        `${count(oracle.expectedRejected)} refused${report.notRefused > 0 ? `, ${count(report.notRefused)} of them not` : ''}`,
    );
  }
  for (const { message } of report.samples) lines.push(`  - ${message}`);
  const hidden = report.differences - report.samples.length;
  if (hidden > 0) lines.push(`  - and ${count(hidden)} more`);
  return lines;
}
