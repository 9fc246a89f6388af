import type { AvroField } from '../../schemas/avro-schema.ts';
import { dateText, instantText, MAX_DAY, MIN_DAY, timeText } from '../../schemas/time-text.ts';
import type { Draw } from './likely/value-context.ts';
import type { Random } from './prng.ts';

const DAY_MS = 86_400_000;
/** One date in so many is of any year. */
const FAR_ONE_IN = 10;

/** Values of the kinds that are a text in memory and not on the wire. */
export function textualOf({ kind, allowed = [] }: AvroField): Draw {
  switch (kind) {
    case 'enum':
      return ({ random }) => random.pick(allowed);
    case 'date':
      return ({ random, slot }) => {
        const today = Math.floor(slot.blockTime.getTime() / DAY_MS);
        return dateText(random.oneIn(FAR_ONE_IN) ? MIN_DAY + random.below(MAX_DAY - MIN_DAY + 1) : today);
      };
    case 'time-millis':
      return ({ random }) => timeText(random.below(DAY_MS) * 1000);
    case 'time-micros':
      return ({ random }) => timeText(random.below(DAY_MS) * 1000 + random.below(1000));
    case 'timestamp-micros':
      return ({ random, slot }) => instantText(BigInt(slot.blockTime.getTime()) * 1000n + BigInt(random.below(1000)));
    case 'uuid':
      return ({ random }) => uuid(random);
    case 'json':
      // As `canonicalJson` writes it.
      return ({ random }) => `{"amount":${random.below(10_000)}.50,"tags":["a",null,${random.oneIn(2)}]}`;
    default:
      throw new Error(`${kind} is not one of them`);
  }
}

function uuid(random: Random): string {
  const hex = Array.from({ length: 4 }, () => random.next().toString(16).padStart(8, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
