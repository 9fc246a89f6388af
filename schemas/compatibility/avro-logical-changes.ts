import type { Finding } from '../../pipeline/finding.ts';
import { type LogicalType, logicalOf, logicalText } from './avro-model.ts';
import { findingAt, NEW_FIELD, type Pair, subjectOf, type Walk } from './avro-walk.ts';
import type { JsonPointer } from './json-positions.ts';

interface Change {
  readonly rule: string;
  /** The attribute that tells it, where it stands. */
  readonly attribute?: string | undefined;
  readonly what: string;
  /** What goes wrong, and for whom. */
  readonly why: string;
}

/**
 * Logical types that differ. Avro resolves the bytes beneath and ignores what they mean, and so do registries and avsc:
 * a decimal would be read ten times too large, a time a thousand times. The sink reads each record by the schema it was
 * written with, so old and new rows would also differ in one column. Breaking in both directions.
 */
export function logicalFindings(walk: Walk, pair: Pair): Finding[] {
  const change = changeOf(pair, logicalOf(pair.older.type), logicalOf(pair.newer.type));
  if (change === undefined) return [];
  const at = definitionOf(pair);
  return [
    findingAt(walk, change.attribute === undefined ? at : [...at, change.attribute], {
      rule: change.rule,
      message: `${subjectOf(walk, pair.newer.at)}${change.what}; ${change.why}`,
      remedy: NEW_FIELD,
    }),
  ];
}

const MIXED = 'and the sink writes old and new records into one column by two readings, or stops';

function changeOf(pair: Pair, older: LogicalType | undefined, newer: LogicalType | undefined): Change | undefined {
  if (older === undefined && newer === undefined) return undefined;
  if (older === undefined && newer !== undefined) {
    return {
      rule: 'LOGICAL_TYPE_ADDED',
      attribute: 'logicalType',
      what: `${logicalText(newer)} was a plain ${pair.older.type.kind}`,
      why: `readers with the new schema take old ${pair.older.type.kind} values for ${newer.name} without an error, ${MIXED}`,
    };
  }
  if (older !== undefined && newer === undefined) {
    return {
      rule: 'LOGICAL_TYPE_REMOVED',
      ...(isAttributed(pair) ? { attribute: 'logicalType' } : {}),
      what: `was ${logicalText(older)} and is now ${plainText(pair)}`,
      why: `readers get the bare ${pair.newer.type.kind} beneath it without an error, ${MIXED}`,
    };
  }
  return older === undefined || newer === undefined ? undefined : differenceOf(older, newer);
}

function differenceOf(older: LogicalType, newer: LogicalType): Change | undefined {
  const what = `${logicalText(newer)} was ${logicalText(older)}`;
  if (older.name !== newer.name) {
    return {
      rule: ruleFor(older, newer),
      attribute: 'logicalType',
      what,
      why: `a reader with the other version takes the same number for another moment or meaning without an error, ${MIXED}`,
    };
  }
  if (older.scale !== newer.scale) {
    const factor = `10^${Math.abs(older.scale - newer.scale)}`;
    return {
      rule: 'DECIMAL_SCALE_CHANGED',
      attribute: 'scale',
      what,
      why: `a reader with the other version takes the same bytes for an amount ${factor} times off without an error, and one column holds two scales`,
    };
  }
  if (older.precision === newer.precision) return undefined;
  return {
    rule: 'DECIMAL_PRECISION_CHANGED',
    attribute: 'precision',
    what,
    why: 'readers with the smaller precision, and a column of it, cannot hold every value of the larger one; no registry tells',
  };
}

/** A fixed type is annotated where it is defined, which may be elsewhere than where it is used. */
const definitionOf = ({ newer: { type, at } }: Pair): JsonPointer => (type.kind === 'fixed' ? type.at : at);

const isAttributed = ({ newer: { type } }: Pair): boolean => 'logical' in type && type.logical !== undefined;

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
