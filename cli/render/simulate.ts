import type { SimulateEvent } from '../../app/simulate.ts';
import type { CliContext } from '../context.ts';
import { count } from '../format.ts';

interface SimulateWords {
  readonly seed: number;
  readonly updates?: number | undefined;
}

/** Prints where the feeds are, and notes what becomes of them. */
export const simulateReporter =
  (context: CliContext, { seed, updates }: SimulateWords) =>
  (event: SimulateEvent): void => {
    switch (event.kind) {
      case 'serving': {
        const { address, services } = event;
        context.show({ address, services }, () => services.map((service) => `${address}  ${service}`));
        const length = updates === undefined ? 'without an end' : `${count(updates)} updates each`;
        context.note(`seed ${seed}, ${length}; serving until Ctrl-C`);
        break;
      }
      case 'all sent':
        context.note('every update has been sent once; still serving replays');
        break;
      case 'closed':
        context.note(`sent ${count(event.sent)} updates`);
    }
  };
