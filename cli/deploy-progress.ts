import type { DeployEvent } from '../connectors/rest/deploy.ts';
import { count } from './format.ts';

/** What is told on stderr while a deploy goes on; undefined for what nobody needs to hear. */
export function progressLine(connector: string, event: DeployEvent): string | undefined {
  switch (event.kind) {
    case 'validated':
      return undefined;
    case 'applied':
      return event.outcome === 'unchanged'
        ? `${connector} has this configuration already; nothing to change`
        : `${connector} configuration ${event.outcome}; waiting for its tasks`;
    case 'waiting':
      return `${connector} ${count(event.running)} of ${count(event.expected)} tasks RUNNING`;
    case 'restarting': {
      const causes = [...new Set(event.failures.map((failure) => failure.cause))].join('; ');
      return `${connector} failed (${causes}); restart ${event.attempt} of ${event.of}`;
    }
    case 'rolling back':
      return event.outcome === 'created'
        ? `${connector} does not run; removing it again`
        : `${connector} does not run; going back to its previous configuration`;
  }
}
