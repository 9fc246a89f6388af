import { type AvroType, describe, type LogicalType, logicalOf, logicalText } from './avro-model.ts';
import { findingAt, type Pair, readerAndWriter, subjectOf, type Walk, whoBreaks } from './avro-walk.ts';
import type { Finding } from './finding.ts';
import type { JsonPointer } from './json-positions.ts';

/** Avro's promotions: what a reader's type may also read. */
const READS: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

/** Promotions that keep the type but not every digit: a float holds 24 bits, a double 53. */
const LOSSY: Readonly<Record<string, readonly string[]>> = { float: ['int', 'long'], double: ['long'] };

export const canPromote = (reader: AvroType, writer: AvroType): boolean =>
  READS[reader.kind]?.includes(writer.kind) ?? false;

/** Two types that no rule of Avro lets one read as the other. */
export function mismatchFindings(walk: Walk, pair: Pair): Finding[] {
  const { reader, writer } = readerAndWriter(walk, pair);
  const reversed = canPromote(writer.type, reader.type);
  const narrowed = walk.direction === 'BACKWARD';
  const rule = reversed ? (narrowed ? 'TYPE_NARROWED' : 'TYPE_WIDENED') : 'TYPE_CHANGED';
  return [
    findingAt(walk, pair.newer.at, {
      rule,
      message: `${subjectOf(walk, pair.newer.at)}${describe(pair.newer)} was ${describe(pair.older)}; ${whoBreaks(walk)}`,
      remedy: reversed && narrowed ? `keep ${describe(pair.older)}: a type may only be widened` : NEW_FIELD,
    }),
  ];
}

/** What a legal promotion still means to people: digits lost, or a column that must be wide first. */
export function promotionFindings(walk: Walk, pair: Pair): Finding[] {
  const { reader, writer } = readerAndWriter(walk, pair);
  if (reader.type.kind === writer.type.kind) return [];
  const subject = subjectOf(walk, pair.newer.at);
  const change = `${subject}${describe(pair.newer)} was ${describe(pair.older)}`;
  if (LOSSY[reader.type.kind]?.includes(writer.type.kind)) {
    return [
      findingAt(walk, pair.newer.at, {
        rule: 'PROMOTION_LOSSY',
        severity: 'note',
        message: `${change}; Avro allows it, but a ${reader.type.kind} does not hold every ${writer.type.kind}: digits are lost without a word`,
        remedy: 'for amounts and slots keep a whole number or a decimal',
      }),
    ];
  }
  return [
    findingAt(walk, pair.newer.at, {
      rule: 'TYPE_PROMOTED',
      severity: 'note',
      message: `${change}; readers manage, the sink writes the new type into the column as it is`,
      remedy: 'make the column wide enough by a migration before this schema is registered',
    }),
  ];
}

/**
 * Logical types that differ. Avro resolves the bytes beneath and ignores what they mean, and so do registries and avsc:
 * a decimal would be read ten times too large, a time a thousand times. The sink reads each record by the schema it was
 * written with, so old and new rows would also differ in one column. Breaking in both directions.
 */
export function logicalFindings(walk: Walk, pair: Pair): Finding[] {
  const older = logicalOf(pair.older.type);
  const newer = logicalOf(pair.newer.type);
  const at = definitionOf(pair);
  if (older === undefined && newer === undefined) return [];
  const say = (rule: string, place: JsonPointer, what: string): Finding[] => [
    findingAt(walk, place, {
      rule,
      message: `${subjectOf(walk, pair.newer.at)}${what}; the bytes stay the same and mean something else, so the sink and every consumer take wrong values without an error`,
      remedy: NEW_FIELD,
    }),
  ];
  if (older === undefined && newer !== undefined) {
    return say(
      'LOGICAL_TYPE_ADDED',
      [...at, 'logicalType'],
      `${logicalText(newer)} was a plain ${pair.older.type.kind}`,
    );
  }
  if (older !== undefined && newer === undefined) {
    return say(
      'LOGICAL_TYPE_REMOVED',
      attributed(pair) ? [...at, 'logicalType'] : at,
      `was ${logicalText(older)} and is now ${plainText(pair)}`,
    );
  }
  if (older === undefined || newer === undefined) return [];
  const change = `${logicalText(newer)} was ${logicalText(older)}`;
  if (older.name !== newer.name) return say(ruleFor(older, newer), [...at, 'logicalType'], change);
  if (older.scale !== newer.scale) return say('DECIMAL_SCALE_CHANGED', [...at, 'scale'], change);
  if (older.precision !== newer.precision) return say('DECIMAL_PRECISION_CHANGED', [...at, 'precision'], change);
  return [];
}

/** A fixed type is annotated where it is defined, which may be elsewhere than where it is used. */
const definitionOf = ({ newer: { type, at } }: Pair): JsonPointer => (type.kind === 'fixed' ? type.at : at);

const attributed = ({ newer: { type } }: Pair): boolean => 'logical' in type && type.logical !== undefined;

/** `timestamp-millis` and `timestamp-micros` differ by their unit; `timestamp-millis` and `date` by more. */
function ruleFor(older: LogicalType, newer: LogicalType): string {
  const kind = ({ name }: LogicalType): string => name.replace(/-(millis|micros|nanos)$/, '');
  if (kind(older) !== kind(newer)) return 'LOGICAL_TYPE_CHANGED';
  return kind(older) === 'time' ? 'TIME_UNIT_CHANGED' : 'TIMESTAMP_UNIT_CHANGED';
}

function plainText({ newer: { type } }: Pair): string {
  if (!('logical' in type) || type.logical === undefined || 'means' in type.logical) return `a plain ${type.kind}`;
  return `a plain ${type.kind}: "${type.logical.ignored}" is ignored, since ${type.logical.because}`;
}

const NEW_FIELD =
  'leave the field as it is and add a new optional one of the new type beside it (["null", …], default null), fill both, and drop the old one with a new stream';
