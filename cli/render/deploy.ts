import type { Deployed, DeployedStream, DeployListener } from '../../app/deploy.ts';
import type { CliContext } from '../context.ts';
import { duration, noun } from '../format.ts';
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
  const restarted = restarts === 0 ? '' : `, after ${restarts} ${noun(restarts, 'restart')}`;
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
export function deployReporter(context: CliContext, isAwaited: boolean): DeployListener {
  const { note } = context;
  const unknown = isAwaited ? '' : '; not waited for: `connect status` shows whether it runs';
  return {
    onLeftOut: ({ kind, name, summary, by }) =>
      note(`${`${kind} ${name}`.trimEnd()}: ${summary}; not part of a deploy, run \`${by}\``),
    onPreflight: (connector) => note(`${connector} is validated on a Connect 3.7.2 worker here`),
    onSinkEvent: sinkNote(context),
    onDeployed: ({ connector, outcome, durationMs }) =>
      note(`${connector} ${outcome} in ${duration(durationMs)}${unknown}`),
    onPruned: (connector) => note(`${connector} deleted; its topics, table and offsets stay`),
  };
}
