import type { DoctorReport, Verdict } from '../../app/doctor.ts';
import { noun } from '../format.ts';

const MARKS: Readonly<Record<Verdict, string>> = { ok: '✓', warning: '!', broken: '✗', unknown: '?' };

/** One line for each finding, and below what is not ok what to do about it. */
export function doctorLines({ checks }: DoctorReport): string[] {
  const width = Math.max(...checks.map(({ check }) => check.length));
  return checks.flatMap(({ check, verdict, subject, message, remedy }) => [
    `${MARKS[verdict]} ${check.padEnd(width)}  ${subject}: ${message}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 4)}→ ${remedy}`]),
  ]);
}

/** `✓ local: 24 ok, 1 warning`. */
export function doctorSummary(environment: string, { counts }: DoctorReport): string {
  const parts = [
    `${counts.ok} ok`,
    ...(counts.warning > 0 ? [`${counts.warning} ${noun(counts.warning, 'warning')}`] : []),
    ...(counts.broken > 0 ? [`${counts.broken} broken`] : []),
    ...(counts.unknown > 0 ? [`${counts.unknown} unknown`] : []),
  ];
  return `${counts.broken > 0 ? '✗' : '✓'} ${environment}: ${parts.join(', ')}`;
}
