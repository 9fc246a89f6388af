import type { ConnectorStatus, ConnectTarget, RunState } from '../targets/target.ts';

/** What a sink may be told to be. PAUSED keeps its tasks and partitions, STOPPED gives them up. */
export type WantedState = 'RUNNING' | 'PAUSED' | 'STOPPED';

/** `sink.state` of a definition. */
export type DeclaredState = 'running' | 'paused' | 'stopped';

const WANTED: Readonly<Record<DeclaredState, WantedState>> = {
  running: 'RUNNING',
  paused: 'PAUSED',
  stopped: 'STOPPED',
};

/** A declared state as Kafka Connect names it; undefined when the definition leaves it open. */
export const wantedState = (declared: DeclaredState | undefined): WantedState | undefined =>
  declared === undefined ? undefined : WANTED[declared];

/** What somebody has told the connector to be; undefined while the cluster has not said. A FAILED one was told to run. */
export function orderedState(state: RunState | undefined): WantedState | undefined {
  if (state === undefined) return undefined;
  return state === 'PAUSED' || state === 'STOPPED' ? state : 'RUNNING';
}

/** Whether connector and tasks are in a state. A task that has FAILED stays so while its connector is paused. */
export function isIn({ state, tasks }: ConnectorStatus, wanted: WantedState): boolean {
  if (state !== wanted) return false;
  switch (wanted) {
    case 'RUNNING':
      return tasks.length > 0 && tasks.every((task) => task.state === 'RUNNING');
    case 'PAUSED':
      return tasks.every((task) => task.state === 'PAUSED' || task.state === 'FAILED');
    case 'STOPPED':
      return tasks.length === 0;
  }
}

/** Tells a connector what to be; answers before it is. */
export function order(target: ConnectTarget, name: string, wanted: WantedState): Promise<void> {
  switch (wanted) {
    case 'RUNNING':
      return target.resume(name);
    case 'PAUSED':
      return target.pause(name);
    case 'STOPPED':
      return target.stop(name);
  }
}
