import type { Deployed, DeployedStream, DeployListener, Growth } from '../../app/deploy.ts';
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
    onPreflight(connector, unresolved) {
      note(`${connector} is validated on a Connect 3.7.2 worker here`);
      if (unresolved.length > 0) note(`not resolved here, and so not tried: ${unresolved.join(', ')}`);
    },
    onSinkEvent: sinkNote(context),
    onDeployed: ({ connector, outcome, durationMs }) =>
      note(`${connector} ${outcome} in ${duration(durationMs)}${unknown}`),
    onGrown: (growth) => note(...growthLines(growth)),
    onPruned: (connector) => note(`${connector} deleted; its topics, table and offsets stay`),
  };
}

const READER: Readonly<Record<Growth['sink'], string>> = {
  'reads all': 'its sink reads all of them',
  held: 'its sink does not run, and reads all of them once it does',
  unknown: 'Kafka does not say which of them its sink reads; it does within 30 s',
};
const WRITER: Readonly<Record<Growth['producer'], string>> = {
  'writes to all': 'its producer writes to all of them',
  none: 'no running producer was seen; one that runs looks every 30 s',
  unknown: 'the brokers cannot be asked for its producer; one that runs looks every 30 s',
  older: 'its producer is of an older version and goes on with the old ones: start it again',
};

const growthLines = ({ topic, partitions, sink, producer }: Growth): string[] => [
  `${topic} has ${partitions} partitions: ${READER[sink]}; ${WRITER[producer]}`,
];
