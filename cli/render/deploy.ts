import type { Deployed, DeployedStream } from '../deploy-streams.ts';
import { stateWords } from '../sink-action.ts';

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
