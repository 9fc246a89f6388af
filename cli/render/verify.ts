import type { VerifyReport } from '../../app/verify.ts';
import { count } from '../format.ts';

/** A report of `verify` as lines for a person: what was compared, what differs, and where. */
export function verifyLines(report: VerifyReport): string[] {
  const { oracle, foldRows, notFolded, rowsBeforeTopic, notRefused, samples } = report;
  const lines = [
    `${report.differences === 0 ? '✓' : '✗'} ${report.stream}   ${count(report.records)} records, ${count(report.rows)} rows: ` +
      `${count(report.missing)} missing, ${count(report.unequal)} unequal, ${count(report.unexpected)} unexpected`,
    `  current    ${count(report.identities)} identities, ${count(report.notCurrent)} not the newest`,
    `  refused    ${count(report.rejected)} in the rejected topic${deletedWords(report)}, ${count(report.deadLetters)} dead letters${openWords(report)}`,
  ];
  if (foldRows + notFolded > 0)
    lines.push(`  rollup     ${count(foldRows)} rows, ${count(notFolded)} identities not what the history gives`);
  if (report.keptFrom !== null)
    lines.push(
      `  kept       from ${report.keptFrom} (UTC); ${count(report.olderRecords)} older records, and older rows and days: not compared`,
    );
  if (report.repeated > 0)
    lines.push(
      `  repeated   ${count(report.repeated)} identities have several rows, each with a time or slot of its own`,
    );
  if (report.redelivered > 0) lines.push(`  redelivered ${count(report.redelivered)} records, absorbed by the upsert`);
  if (report.replaced > 0)
    lines.push(`  replaced   ${count(report.replaced)} records by later updates of the same key`);
  if (report.corrected > 0)
    lines.push(
      `  corrected  ${count(report.corrected)} rows by hand or by a migration: they differ from their records`,
    );
  for (const { state, partition, from, to } of report.gaps) {
    if (state === 'lost') continue;
    const what =
      state === 'accepted'
        ? 'deleted before the sink read them; accepted'
        : 'without rows: deleted unread, or sent again later; the rows cannot tell';
    lines.push(`  gap        records ${from} to ${to} of partition ${partition} ${what}`);
  }
  if (rowsBeforeTopic > 0)
    lines.push(`  older      ${count(rowsBeforeTopic)} rows whose records the topic no longer keeps: not compared`);
  if (oracle !== undefined) {
    const { updates, expectedRows, expectedRejected } = oracle;
    const accepted = notRefused > 0 ? `, ${count(notRefused)} of them not` : '';
    const expected = `${count(expectedRows)} rows + ${count(expectedRejected)} refused${accepted}`;
    lines.push(`  oracle     ${count(updates)} updates sent = ${expected}`);
  }
  for (const { message } of samples) lines.push(`  - ${message}`);
  const hidden = report.differences - samples.length;
  if (hidden > 0) lines.push(`  - and ${count(hidden)} more`);
  return lines;
}

/** How many of the refused are still to be dealt with, where some have been. */
function openWords({ rejected, deadLetters, openRejected, openDeadLetters }: VerifyReport): string {
  const open = openRejected + openDeadLetters;
  return open === rejected + deadLetters ? '' : `; ${count(open)} neither replayed nor discarded`;
}

const deletedWords = ({ rejectedDeleted }: VerifyReport): string =>
  rejectedDeleted === 0 ? '' : ` and ${count(rejectedDeleted)} that Kafka deleted from it`;
