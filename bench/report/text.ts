import type { Spread } from '../statistics.ts';
import { shortNumber } from './plot.ts';

/** `0.91 (0.88–0.93)`. */
export const ratioText = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** `27k–29k`. */
export const rangeText = ({ low, high }: Spread): string => `${shortNumber(low)}–${shortNumber(high)}`;

/** One bar for each spread. */
export const barsOf = (spreads: Iterable<readonly [string, Spread]>) =>
  [...spreads].map(([name, { median, low, high }]) => ({ name, value: median, low, high }));

export const msText = (ms: number): string =>
  ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : String(Math.round(ms));
