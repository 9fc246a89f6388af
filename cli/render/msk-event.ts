import type { MskEvent } from '../../app/sinks.ts';
import type { CliContext } from '../context.ts';

/** Notes how far MSK Connect is. */
export const mskNote =
  ({ note }: CliContext) =>
  (event: MskEvent): void =>
    note(eventText(event));

/** What MSK Connect is at, as a line of progress. */
export function eventText(event: MskEvent): string {
  switch (event.kind) {
    case 'state':
      return `is ${event.state}`;
    case 'operation': {
      const { type, state, steps } = event.operation;
      const step = steps.find((one) => one.state !== 'COMPLETED');
      return `${type} ${state}${step === undefined ? '' : `, at ${step.type}`}`;
    }
    case 'note':
      return event.text;
  }
}
