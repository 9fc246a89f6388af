import type { DeployedStream } from './deploy-streams.ts';

const MARKS = { created: '+', grown: '~', updated: '~', replaced: '±', unchanged: '=', differs: '!' } as const;

/** A deployed stream as text: each topic, the connector, and each setting that changed. */
export function deployLines(deployed: DeployedStream): string[] {
  const running = deployed.tasks.filter((task) => task.state === 'RUNNING').length;
  const restarted =
    deployed.restarts === 0 ? '' : `, after ${deployed.restarts} restart${deployed.restarts === 1 ? '' : 's'}`;
  return [
    ...deployed.topics.flatMap((topic) => [
      `${MARKS[topic.outcome]} topic ${topic.name}  ${topic.outcome}`,
      ...topic.differences.map((difference) => `    ${difference}; left as it is`),
    ]),
    `${MARKS[deployed.outcome]} connector ${deployed.connector}  ${deployed.outcome}; RUNNING ${running}/${deployed.tasks.length} tasks${restarted}`,
    ...deployed.changes.map(({ key, before, after }) => {
      if (before === undefined) return `    + ${key}  "${after}"`;
      if (after === undefined) return `    - ${key}  "${before}"`;
      return `    ~ ${key}  "${before}" → "${after}"`;
    }),
  ];
}
