import { abilityOf, type SinkHost } from '../host.ts';
import type { RequestedState } from '../run-state.ts';
import type { Wait } from './wait.ts';

/** Asks a sink to be in a state; answers before it is. Errors: REFUSED when the host cannot. */
export function requestState(host: SinkHost, name: string, wanted: RequestedState, wait: Wait): Promise<void> {
  switch (wanted) {
    case 'RUNNING':
      return host.resume(name, wait);
    case 'PAUSED':
      return host.pause(name, wait);
    case 'STOPPED':
      return abilityOf(host, 'stop')(name, wait);
  }
}
