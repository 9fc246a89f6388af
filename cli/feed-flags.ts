import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { DecimalAnswer, PositionAnswer, TimeUnit } from '../app/inspect-feed.ts';

/** `slot=blk`, `cursor=seq:from_seq`, `none`. */
export function parsePosition(text: string): PositionAnswer {
  if (text === 'none') return { kind: 'none' };
  const [, kind, field, request] = /^(slot|cursor)=([A-Za-z_][\w.]*)(?::([A-Za-z_][\w.]*))?$/.exec(text) ?? [];
  if (field === undefined) {
    throw new InvalidArgumentError('a position is slot=FIELD, cursor=FIELD, the same with :FIELD_OF_REQUEST, or none.');
  }
  return { kind: kind as 'slot' | 'cursor', field, request };
}

const UNITS: readonly TimeUnit[] = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'];

export function parseTime(text: string): TimeUnit {
  const unit = UNITS.find((one) => one === text);
  if (unit !== undefined) return unit;
  throw new InvalidArgumentError(`a unit is one of ${UNITS.join(', ')}.`);
}

/** PostgreSQL has more digits; no amount has. */
const MOST_DIGITS = 1_000;

/** `38,8` */
export function parseDecimal(text: string): DecimalAnswer {
  const [, precision = 0, scale = 0] = /^(\d{1,4}),(\d{1,4})$/.exec(text)?.map(Number) ?? [];
  if (precision > 0 && precision <= MOST_DIGITS && scale <= precision) return { precision, scale };
  throw new InvalidArgumentError(`an amount is PRECISION,SCALE, for example 38,8; at most ${MOST_DIGITS} digits.`);
}

/** A parser of a flag that is given as NAME=VALUE, several times: the values by name. */
export const pairs =
  <T>(parse: (value: string) => T) =>
  (word: string, before: Readonly<Record<string, T>> = {}): Readonly<Record<string, T>> => {
    const at = word.indexOf('=');
    if (at <= 0) throw new InvalidArgumentError('it is NAME=VALUE.');
    return { ...before, [word.slice(0, at)]: parse(word.slice(at + 1)) };
  };
