import { ConnectError } from '../../core/errors.ts';
import type { AvroField, AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';
import { base58Digits, base58Number } from './base58.ts';
import { drawerOf, likelyDrawerOf } from './field-values.ts';
import { NUMBER_DIGITS, ownText } from './likely/texts.ts';
import type { Draw } from './likely/value-context.ts';
import { MARKETS } from './market/markets.ts';
import { Random } from './prng.ts';
import type { TimelineSlot } from './timeline.ts';
import type { UpdateGenerator } from './update-generator.ts';

interface SchemaGeneratorOptions {
  readonly schema: AvroSchema;
  readonly seed: number;
  /** The fields that identify an update together; one of them gets a value that never comes back. */
  readonly key: readonly string[];
}

const EVENTS = 0x0f02;
const STRAYS = 0x0f03;
const MARKET = 0x0f05;
/** Those whose names everybody knows. */
const KNOWN_MARKETS = MARKETS.filter(({ symbol }) => /^(BTC|ETH|SOL|JUP|DOGE)-/.test(symbol));
/** Strays count from here, so that no update shares a value with them. */
const FIRST_STRAY = 2 ** 40;
/**
 * Its values look as they always did: who reads again what an earlier version sent, or judges it by what that wrote down, gets
 * the same bytes.
 */
const WITHOUT_MEANING = 'perps.v1.FundingPayment';

/**
 * Updates of any stream, from nothing but its schema: values fit every limit, look like what their field's name says, and come
 * deterministically from the seed. Errors: INVALID_DEFINITION when no field of the key can be different in every update.
 */
export function createSchemaGenerator({ schema, seed, key }: SchemaGeneratorOptions): UpdateGenerator {
  const unique = uniqueField(schema, key);
  const isPlain = schema.name === WITHOUT_MEANING;
  const drawer = isPlain ? drawerOf : likelyDrawerOf;
  const fields = schema.fields.map((field, number) => ({
    name: field.name,
    draw:
      field === unique
        ? ownDrawer(field, isPlain)
        : drawer(key.includes(field.name) ? { ...field, nullable: false } : field, number, seed),
  }));
  const recordOf = (slot: TimelineSlot, random: Random, number: number): AvroRecord => {
    const market = Random.of(seed, MARKET, number).pick(KNOWN_MARKETS);
    const context = { slot, random, number, market };
    return Object.fromEntries(fields.map(({ name, draw }) => [name, draw(context)]));
  };
  const generatorFrom = (random: Random, madeBefore: number): UpdateGenerator => {
    let made = madeBefore;
    return {
      next: (slot, count) =>
        Array.from({ length: count }, () => {
          made += 1;
          return recordOf(slot, random, made);
        }),
      stray: (slot, ordinal) => recordOf(slot, Random.of(seed, STRAYS, ordinal), FIRST_STRAY + ordinal),
      clone: () => generatorFrom(random.clone(), made),
    };
  };
  return generatorFrom(Random.of(seed, EVENTS), 0);
}

/** Values that no other update has. */
function ownDrawer(field: AvroField, isPlain: boolean): Draw {
  const { kind, maxLength = 88, minimum = 0n } = field;
  if (kind === 'long') return ({ number }) => minimum + BigInt(number);
  if (!isPlain) return (context) => ownText(field, context);
  const length = Math.min(maxLength, 88) - NUMBER_DIGITS;
  return ({ random, number }) => base58Digits(random, length) + base58Number(number, NUMBER_DIGITS);
}

/** A text is preferred: it looks like the signature or account that keys are made of. An int would be used up too soon. */
function uniqueField({ name, fields }: AvroSchema, key: readonly string[]): AvroField {
  const candidates = fields.filter((field) => key.includes(field.name) && field.name !== 'slot');
  const text = candidates.findLast(
    ({ kind, allowed, maxLength = 88 }) => kind === 'string' && allowed === undefined && maxLength >= NUMBER_DIGITS,
  );
  const found = text ?? candidates.findLast(({ kind, maximum }) => kind === 'long' && maximum === undefined);
  if (found !== undefined) return found;
  throw new ConnectError(
    'INVALID_DEFINITION',
    `updates of ${name} cannot be simulated: no field of the key (${key.join(', ')}) can be different in each of them`,
    {
      hint: `a key with a string of ${NUMBER_DIGITS} characters or more can be`,
    },
  );
}
