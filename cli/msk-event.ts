import type { MskEvent } from '../connectors/msk/follow.ts';

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
