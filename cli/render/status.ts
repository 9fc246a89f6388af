import { type EnvironmentStatus, type FailureLine, partitionTexts } from '../../app/status.ts';
import { count, duration, table } from '../format.ts';
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
    ...streams.flatMap(deletedLines),
    ...streams.flatMap(freshnessLines),
    ...streams.flatMap(partitionLines),
    ...streams.flatMap(producerLines),
    ...streams.flatMap(watchLines),
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

/** The topic of refused updates is bounded. */
function deletedLines({ connector, rejectedDeleted = 0n }: EnvironmentStatus['streams'][number]): string[] {
  return rejectedDeleted === 0n
    ? []
    : [`! ${connector}  Kafka has deleted ${count(rejectedDeleted)} refused updates: their topic is bounded`];
}

/** A producer writes a checkpoint every half second while its feed goes on. */
const PRODUCER_SILENCE_S = 60;
/** A watch gives signs of life every few seconds, and is relieved after half a minute without one. */
const WATCH_SILENCE_S = 60;

type Status = EnvironmentStatus['streams'][number];

/** Up to where the table holds everything. */
function freshnessLines({ stream, freshness }: Status): string[] {
  if (freshness === undefined) return [];
  const { completeToSlot, completeToCursor, completeToTime, behindSeconds, missing, reason } = freshness;
  const at = completeToTime === undefined ? '' : ` (${completeToTime})`;
  const behind = behindSeconds === undefined ? '' : `, ${duration(behindSeconds * 1000)} behind`;
  const why = reason === undefined ? '' : `: ${reason}`;
  const place =
    completeToSlot === undefined ? completeToCursor && `cursor ${completeToCursor}` : `slot ${completeToSlot}`;
  const line = place === undefined ? `not known to be complete${why}` : `complete to ${place}${at}${behind}${why}`;
  return [
    `  ${stream}  ${line}`,
    ...missing.map(({ from, to }) => {
      const slots = from === undefined ? `up to ${to}` : `${from} to ${to}`;
      return `! ${stream}  updates of slots ${slots} may be missing: they were left out, or deleted before the sink read them`;
    }),
  ];
}

/** A partitioned table that lacks a place for what comes. */
function partitionLines({ stream, tablePartitions }: Status): string[] {
  if (tablePartitions === undefined) return [];
  return partitionTexts(tablePartitions).map((text) => `! ${stream}  ${text}: run \`connect partitions apply\``);
}

/** RUNNING and lag 0 say nothing of a feed that nobody reads. */
function producerLines({ stream, producer }: Status): string[] {
  if (producer === undefined) return [];
  const { slot, lost, ageSeconds } = producer;
  const lines: string[] = [];
  const last = lost?.recent.at(-1);
  if (lost !== undefined && last !== undefined) {
    const times = lost.count === 1 ? 'once' : `${lost.count} times`;
    lines.push(
      `! ${stream}  nobody read the feed ${times}, and it replays nothing; last from ${last.from} to ${last.to}`,
    );
  }
  if (ageSeconds < PRODUCER_SILENCE_S) return lines;
  const age = duration(ageSeconds * 1000);
  const at = slot === undefined ? '' : `, at slot ${slot}`;
  return [
    ...lines,
    `! ${stream}  the producer wrote its last checkpoint ${age} ago${at}: is \`connect produce\` running?`,
  ];
}

function watchLines({ connector, watch }: Status): string[] {
  if (watch === undefined) return [];
  const { owner, silentSeconds, last, incidents } = watch;
  const did = last === undefined ? '' : `; ${last.at}: ${last.text}`;
  const open = incidents.length === 0 ? '' : `; open: ${incidents.map(({ kind }) => kind).join(', ')}`;
  if (silentSeconds === undefined) return [`  ${connector}  nobody watches it now; the last was ${owner}${did}${open}`];
  if (silentSeconds < WATCH_SILENCE_S) return [`  ${connector}  watched by ${owner}${did}${open}`];
  return [
    `! ${connector}  nobody watches it: ${owner} has been silent for ${duration(silentSeconds * 1000)}${did}${open}`,
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
