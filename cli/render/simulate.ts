import type { SimulateOptions } from '../../app/simulate.ts';
import type { CliContext } from '../context.ts';
import { count } from '../format.ts';

/** Prints where the feeds are, and notes what becomes of them. */
export const simulateReporter = (
  { show, note }: CliContext,
  { seed, updates }: Pick<SimulateOptions, 'seed' | 'updates'>,
): Pick<SimulateOptions, 'onServing' | 'onAllSent' | 'onClosed'> => ({
  onServing(address, services) {
    show({ address, services }, () => services.map((service) => `${address}  ${service}`));
    const length = updates === undefined ? 'without an end' : `${count(updates)} updates each`;
    note(`seed ${seed}, ${length}; serving until Ctrl-C`);
  },
  onAllSent: () => note('every update has been sent once; still serving replays'),
  onClosed: (sent) => note(`sent ${count(sent)} updates`),
});
