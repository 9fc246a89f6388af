import type { SinkEvent } from '../../app/sinks.ts';
import type { CliContext } from '../context.ts';
import { count } from '../format.ts';

/** Notes how far a sink is. */
export const sinkNote =
  ({ note }: Pick<CliContext, 'note'>) =>
  (connector: string, event: SinkEvent): void =>
    note(`${connector} ${eventText(event)}`);

function eventText(event: SinkEvent): string {
  switch (event.kind) {
    case 'applied':
      return event.outcome === 'unchanged'
        ? 'has this configuration already; nothing to change'
        : `configuration ${event.outcome}; waiting for its tasks`;
    case 'waiting':
      return `${count(event.running)} of ${count(event.expected)} tasks RUNNING`;
    case 'restarting': {
      const causes = [...new Set(event.failures.map((failure) => failure.cause))].join('; ');
      return `failed (${causes}); restart ${event.attempt} of ${event.of}`;
    }
    case 'rolling back':
      return event.outcome === 'created'
        ? 'does not run; removing it again'
        : 'does not run; going back to its previous configuration';
    case 'note':
      return event.text;
  }
}
