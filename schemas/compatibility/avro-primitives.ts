import type { Finding } from '../../pipeline/finding.ts';
import { type AvroType, describe } from './avro-model.ts';
import { findingAt, NEW_FIELD, type Pair, readerAndWriter, subjectOf, type Walk, whoBreaks } from './avro-walk.ts';

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
