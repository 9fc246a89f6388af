import type { EnvironmentStatus, FailureLine } from '../../app/status.ts';
import { count, table } from '../format.ts';
import { taskStates } from './sinks.ts';

/** Streams as a table, what failed below it, and what could not be asked. */
export function statusLines({ streams, target }: EnvironmentStatus): string[] {
  const header = ['NAME', 'TARGET', 'STATE', 'TASKS', 'LAG', 'ROWS', 'REJECTED', 'DLQ'];
  const rows = streams.map((status) => [
    status.connector,
    target,
    status.state ?? '?',
    status.state === undefined ? '?' : taskStates(status.tasks) || 'none',
    number(status.lag),
    status.rows === undefined ? '?' : `${status.rows.exact ? '' : '~'}${count(status.rows.count)}`,
    number(status.openRejected),
    number(status.openDeadLetters),
  ]);
  const failures = streams.flatMap(({ connector, failure, tasks }) => [
    ...failureLines(connector, 'connector', failure),
    ...tasks.flatMap((task) => failureLines(connector, `task ${task.id} on ${task.worker}`, task.failure)),
  ]);
  const unanswered = new Map(streams.flatMap((status) => status.unanswered.map((one) => [one.message, one.hint])));
  return [
    ...table([header, ...rows]),
    ...failures,
    ...[...unanswered].flatMap(([message, hint]) => [
      `✗ ${message}`,
      ...(hint === undefined ? [] : [`  hint    ${hint}`]),
    ]),
  ];
}

const number = (value: bigint | undefined): string => (value === undefined ? '?' : count(value));

function failureLines(connector: string, part: string, failure: FailureLine | undefined): string[] {
  if (failure === undefined) return [];
  const { cause, record, hint } = failure;
  return [
    `✗ ${connector}  ${part} FAILED`,
    `  cause   ${cause}`,
    ...(record === undefined ? [] : [`  record  ${record}`]),
    ...(hint === undefined ? [] : [`  hint    ${hint}`]),
  ];
}
