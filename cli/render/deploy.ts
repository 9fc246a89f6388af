import type { DeployEvent, Deployed, DeployedStream, PlanEntry } from '../../app/deploy.ts';
import type { CliContext } from '../context.ts';
import { duration } from '../format.ts';
import { sinkNote, stateWords } from './sinks.ts';

const MARKS = { created: '+', grown: '~', updated: '~', replaced: '±', unchanged: '=', differs: '!' } as const;

/** What a deploy came to as text: each stream, and the sinks that went. */
export const deployLines = ({ streams, pruned }: Deployed): string[] => [
  ...streams.flatMap(streamLines),
  ...pruned.map((connector) => `- connector ${connector}  deleted`),
];

/** Each topic, the connector, and each setting that changed. */
function streamLines(deployed: DeployedStream): string[] {
  const { state, tasks, restarts } = deployed;
  const restarted = restarts === 0 ? '' : `, after ${restarts} restart${restarts === 1 ? '' : 's'}`;
  const now = state === undefined ? 'not waited for' : stateWords({ state, tasks });
  return [
    ...deployed.topics.flatMap((topic) => [
      `${MARKS[topic.outcome]} topic ${topic.name}  ${topic.outcome}`,
      ...topic.differences.map((difference) => `    ${difference}; left as it is`),
    ]),
    `${MARKS[deployed.outcome]} connector ${deployed.connector}  ${deployed.outcome}; ${now}${restarted}`,
    ...deployed.changes.map(({ key, before, after }) => {
      if (before === undefined) return `    + ${key}  "${after}"`;
      if (after === undefined) return `    - ${key}  "${before}"`;
      return `    ~ ${key}  "${before}" → "${after}"`;
    }),
  ];
}

/** Notes on stderr what goes on. `isAwaited`: whether the deploy waits until its sinks run. */
export function deployReporter(context: CliContext, isAwaited: boolean): (event: DeployEvent) => void {
  const { note } = context;
  const onSink = sinkNote(context);
  const unknown = isAwaited ? '' : '; not waited for: `connect status` shows whether it runs';
  return (event) => {
    switch (event.kind) {
      case 'left out':
        return note(`${titleOf(event.entry)}: ${event.entry.summary}; not part of a deploy, run \`${event.entry.by}\``);
      case 'preflight':
        return note(`${event.connector} is validated on a Connect 3.7.2 worker here`);
      case 'sink':
        return onSink(event.connector, event.event);
      case 'deployed': {
        const { connector, outcome, durationMs } = event.result;
        return note(`${connector} ${outcome} in ${duration(durationMs)}${unknown}`);
      }
      case 'pruned':
        return note(`${event.connector} deleted; its topics, table and offsets stay`);
    }
  };
}

const titleOf = ({ kind, name }: PlanEntry): string => `${kind} ${name}`.trimEnd();
