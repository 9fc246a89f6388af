import type { ObservedSink, RunState } from './sink-config.ts';

/** What a sink may be asked to be. PAUSED keeps its tasks and partitions, STOPPED gives them up. */
export type RequestedState = 'RUNNING' | 'PAUSED' | 'STOPPED';

/** `sink.state` of a definition. */
export type DeclaredState = Lowercase<RequestedState>;

/** The state that a definition asks for; RUNNING when it leaves that open. */
export const requestedBy = (declared: DeclaredState = 'running'): RequestedState =>
  declared.toUpperCase() as RequestedState;

/** The state that somebody has asked a deployed sink for. A FAILED one was asked to run. */
export const requestedState = (state: RunState): RequestedState =>
  state === 'PAUSED' || state === 'STOPPED' ? state : 'RUNNING';

/** Whether connector and tasks are in a state. A task that has FAILED stays so while its connector is paused. */
export function isIn({ state, tasks }: Pick<ObservedSink, 'state' | 'tasks'>, wanted: RequestedState): boolean {
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
