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
    ...streams.flatMap(({ connector, notes }) => notes.map((note) => `! ${connector}  ${note}`)),
    ...streams.flatMap(positionLines),
    ...[...unanswered].flatMap(([message, hint]) => [
      `✗ ${message}`,
      ...(hint === undefined ? [] : [`  hint    ${hint}`]),
    ]),
  ];
}

/** Where the offsets of a sink and its topic do not fit. */
function positionLines({ connector, gaps, partitions }: EnvironmentStatus['streams'][number]): string[] {
  const anew = partitions.filter(({ committed, end }) => committed !== undefined && committed > end);
  return [
    ...gaps.map(({ partition, from, to, state, at }) => {
      const what = `records ${from} to ${to} of partition ${partition} were deleted before the sink read them`;
      return `! ${connector}  ${what}${state === 'open' ? '; a start needs --accept-gap' : `; accepted ${at}`}`;
    }),
    ...anew.map(
      ({ partition, committed, end }) =>
        `! ${connector}  committed offset ${committed} of partition ${partition} is beyond the end of its topic (${end}): the topic was created anew`,
    ),
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
