import { ConnectError } from '../../core/errors.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { base58Digits, base58Number } from './base58.ts';
import { drawerOf } from './field-values.ts';
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
/** Strays count from here, so that no update shares a value with them. */
const FIRST_STRAY = 2 ** 40;
/** Digits of an own text that hold its number: 58^8 > 2^46. */
const NUMBER_DIGITS = 8;

/**
 * Updates of any stream, from nothing but its schema: values fit every limit, come deterministically from the seed, and
 * have no meaning beyond that. Errors: INVALID_DEFINITION when no field of the key can be different in every update.
 */
export function createSchemaGenerator({ schema, seed, key }: SchemaGeneratorOptions): UpdateGenerator {
  const unique = uniqueField(schema, key);
  const fields = schema.fields.map((field, number) => ({
    name: field.name,
    draw: drawerOf(key.includes(field.name) ? { ...field, nullable: false } : field, number, seed),
  }));
  const recordOf = (slot: TimelineSlot, random: Random, number: number): AvroRecord => {
    const record: AvroRecord = {};
    for (const { name, draw } of fields) {
      record[name] = name === unique.name ? ownValue(unique, random, number) : draw({ slot, random });
    }
    return record;
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

/** A value that no other update has. */
function ownValue({ kind, maxLength = 88, minimum = 0n }: AvroField, random: Random, number: number): AvroValue {
  if (kind === 'long') return minimum + BigInt(number);
  return base58Digits(random, Math.min(maxLength, 88) - NUMBER_DIGITS) + base58Number(number, NUMBER_DIGITS);
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
