import type { Incident, WatchEvent, WatchView } from '../../app/watch.ts';
import { stateWords } from './sinks.ts';

/** What watch tells, as a person reads it: one line, with what to do below an incident. */
export function watchLines(event: WatchEvent): string[] {
  const { time } = event;
  const at = (text: string): string => `${time}  ${text}`;
  switch (event.event) {
    case 'incident.opened':
    case 'incident.updated':
      return [at(`! ${incidentTitle(event.incident)}`), ...incidentDetails(event.incident)];
    case 'incident.closed':
      return [at(`= ${incidentTitle(event.incident)}: over`)];
    case 'sink.restarting':
      return [at(`~ ${event.connector} restarting, try ${event.attempt} (cause: ${event.cause})`)];
    case 'sink.restarted':
      return [at(`~ ${event.connector} restarted`)];
    case 'sink.restart-failed':
      return [at(`✗ ${event.connector} not restarted: ${event.error ?? 'no reason given'}`)];
    case 'record.quarantined':
      return [at(`~ ${event.connector}: ${event.records.join(', ')} moved to the dead letter topic`)];
    case 'watch.leads':
      return [at(`  ${event.connector}: watched and looked after from here`)];
    case 'watch.stands-by':
      return [at(`  ${event.connector}: stands by for ${event.owner}`)];
    case 'watch.only-reports':
      return [at(`  ${event.connector}: only reports, because of this: ${event.reason}`)];
    case 'watch.started':
      return [at(`  watches ${event.streams.join(', ')} of ${event.environment}`)];
    case 'watch.ended':
      return [at('  ends')];
    case 'freshness.unwritten':
      return [at(`✗ ${event.error}`), ...(event.hint === undefined ? [] : [`  next    ${event.hint}`])];
    case 'partitions.kept':
      return [at(`~ ${event.stream}: ${keptWords(event)}`)];
    case 'notify.failed':
      return [at(`✗ ${event.to} ${event.error}`)];
  }
}

function keptWords({ created, dropped, detached }: Extract<WatchEvent, { event: 'partitions.kept' }>): string {
  const parts = [
    ['partitions made', created],
    ['dropped', dropped],
    ['detached, waiting for their archive', detached],
  ] as const;
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([words, names]) => `${words}: ${names.join(', ')}`)
    .join('; ');
}

const incidentTitle = ({ connector, kind, severity, summary }: Incident): string =>
  `${[severity, kind, connector].filter((word) => word !== undefined).join(' ')}: ${summary}`;

const incidentDetails = ({ cause, record, next }: Incident): string[] => [
  ...(cause === undefined ? [] : [`  cause   ${cause}`]),
  ...(record === undefined ? [] : [`  record  ${record}`]),
  `  next    ${next}`,
];

/** How things are when a watch that looks once has ended. */
export const watchSummary = ({ streams, incidents }: WatchView): string[] => [
  ...streams.map(({ connector, state, taskStates, lag }) => {
    const words = state === undefined ? '?' : stateWords({ state, tasks: taskStates.map((one) => ({ state: one })) });
    return `${connector}  ${words}, lag ${lag ?? '?'}`;
  }),
  incidents.length === 0
    ? 'nothing is wrong'
    : `${incidents.length} open: ${incidents.map(({ key }) => key).join(', ')}`,
];
