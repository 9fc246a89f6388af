import type { AvroField } from '../../../schemas/avro-schema.ts';
import { base58Digits, base58Number, publicKey, signature } from '../base58.ts';
import type { Market } from '../market/markets.ts';
import { Random } from '../prng.ts';
import { readerOf, TIME_WORDS } from './meaning.ts';
import type { ValueContext } from './value-context.ts';

const meaningOf = readerOf({
  market: 'market symbol pair instrument ticker product contract perp',
  currency: 'currency token coin asset base quote denom',
  side: 'side direction',
  positionSide: 'position_side',
  status: 'status state',
  orderType: 'type kind order_type',
  action: 'event action event_type',
  venue: 'venue exchange dex platform source',
  address:
    'owner account user wallet trader address authority pubkey payer seller buyer maker taker liquidator pool vault mint recipient sender receiver counterparty hash blockhash',
  signature: 'signature sig tx txn transaction txid tx_id tx_hash',
  id: 'id uuid guid order trade fill request',
  time: TIME_WORDS,
});
type Meaning = NonNullable<ReturnType<typeof meaningOf>>;

const CHOICES: Partial<Record<Meaning, readonly string[]>> = {
  currency: ['USDC', 'USDT', 'SOL', 'BTC', 'ETH'],
  side: ['buy', 'sell'],
  positionSide: ['long', 'short'],
  status: ['open', 'filled', 'cancelled', 'expired'],
  orderType: ['limit', 'market', 'stop'],
  action: ['open', 'increase', 'reduce', 'close'],
  venue: ['drift', 'jupiter', 'phoenix', 'zeta'],
};
const WORDS =
  'amber anchor apple arrow autumn basin birch bridge canyon cedar cloud cobalt coral copper delta dune ember falcon fern field flint forest garden glacier granite harbor hazel island ivory jasper lagoon lake lantern lemon maple marble meadow mint north oak ocean olive orchid otter pearl pine plain quartz rain reef river saffron sage shore silver sparrow spring stone summer valley violet willow winter'.split(
    ' ',
  );
/** Different texts in a field, so that owners and the like come back. */
const POOL = 200;
const POOLS = 0x0f04;
const ID_NUMBERS = 1_000_000;
/** A base58 text of so many digits holds any number of an update: 58^8 > 2^46. */
export const NUMBER_DIGITS = 8;
const SIGNATURE = 88;
const DIGITS: Partial<Record<Meaning, number>> = { address: 44, signature: SIGNATURE };

/** A market as perpetuals are named. */
const marketName = ({ symbol }: Market): string => symbol.replace(/USD$/, 'PERP');

interface Limits {
  readonly minLength: number;
  readonly maxLength: number;
  readonly fits: (text: string) => boolean;
}

function limitsOf({ minLength = 1, maxLength = Number.POSITIVE_INFINITY }: AvroField): Limits {
  return { minLength, maxLength, fits: ({ length }) => length >= minLength && length <= maxLength };
}

/** Texts that look like what the field's name says; a name that says nothing gives short words. All within its limits. */
export function likelyText(field: AvroField, number: number, seed: number): (context: ValueContext) => string {
  const limits = limitsOf(field);
  const meaning = meaningOf(field.name);
  const draw = drawOf(meaning, limits);
  // A signature or an id is of one update, a time and a market of its moment. The rest comes from a pool: the same place in it
  // is the same text, without the pool being kept.
  const pooled = meaning === 'address' || meaning === undefined;
  return (context) => {
    const random = pooled ? Random.of(seed ^ POOLS, number, context.random.below(POOL)) : context.random;
    const text = draw({ ...context, random });
    return limits.fits(text) ? text : filled(random, limits, meaning && DIGITS[meaning]);
  };
}

/** A text that no other update has: the update's number ends it. */
export function ownText(field: AvroField, context: ValueContext): string {
  const { random, number } = context;
  const limits = limitsOf(field);
  const meaning = meaningOf(field.name);
  if (meaning !== 'address' && meaning !== 'signature') {
    const texts =
      meaning === 'id' ? [uuid(random, number), `${number}`] : [`${drawOf(meaning, limits)(context)}-${number}`];
    const found = texts.find(limits.fits);
    if (found !== undefined) return found;
  }
  const digits = filled(random, limits, (meaning && DIGITS[meaning]) ?? SIGNATURE);
  return digits.slice(0, -NUMBER_DIGITS) + base58Number(number, NUMBER_DIGITS);
}

function drawOf(meaning: Meaning | undefined, { fits }: Limits): (context: ValueContext) => string {
  switch (meaning) {
    case undefined:
      return ({ random }) => words(random, fits);
    case 'market':
      return ({ market }) => marketName(market);
    case 'address':
      return ({ random }) => publicKey(random);
    case 'signature':
      return ({ random }) => signature(random);
    case 'id':
      return ({ random }) => [uuid(random, random.below(ID_NUMBERS)), `${random.below(ID_NUMBERS)}`].find(fits) ?? '';
    case 'time':
      return ({ slot }) => slot.blockTime.toISOString();
    default: {
      const choices = (CHOICES[meaning] ?? []).filter(fits);
      return choices.length === 0 ? () => '' : ({ random }) => random.pick(choices);
    }
  }
}

/** One word or two. */
function words(random: Random, fits: (text: string) => boolean): string {
  const one = random.pick(WORDS);
  const both = `${one}-${random.pick(WORDS)}`;
  return [random.oneIn(2) ? both : one, one, both].find(fits) ?? '';
}

/** A version 4 UUID. Its last group is the number, below 2^48, times an odd one: different numbers are different ids. */
function uuid(random: Random, number: number): string {
  const hex = (digits: number) => random.next().toString(16).padStart(8, '0').slice(0, digits);
  const last = BigInt.asUintN(48, BigInt(number) * 0x9e37_79b9_7f4bn);
  const variant = '89ab'.charAt(random.below(4));
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${last.toString(16).padStart(12, '0')}`;
}

/** For limits that nothing else fits: words joined and cut, or base58 of as many digits as are usual, or as fit. */
function filled(random: Random, { minLength, maxLength }: Limits, digits?: number): string {
  if (digits !== undefined) return base58Digits(random, Math.min(maxLength, Math.max(minLength, digits)));
  let text = random.pick(WORDS);
  while (text.length < minLength) text += `-${random.pick(WORDS)}`;
  return text.slice(0, maxLength);
}
