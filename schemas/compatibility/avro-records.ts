import type { Finding } from '../../pipeline/finding.ts';
import { defaultProblem } from './avro-default.ts';
import { limitFindings } from './avro-limits.ts';
import { type AvroRecordField, describe, type RecordType } from './avro-model.ts';
import { findingAt, type Walk } from './avro-walk.ts';

interface Fields {
  readonly older: AvroRecordField;
  readonly newer: AvroRecordField;
}

/** Fields are matched by name, whatever their order; a reader may also know a field by aliases. */
export function recordFindings(walk: Walk, older: RecordType, newer: RecordType): Finding[] {
  return walk.direction === 'BACKWARD' ? backward(walk, older, newer) : forward(walk, older, newer);
}

/** The new schema reads old records. */
function backward(walk: Walk, older: RecordType, newer: RecordType): Finding[] {
  const findings: Finding[] = [];
  const taken = new Map<string, AvroRecordField>();
  for (const field of newer.fields) {
    const matches = matching(field, older.fields);
    const [match] = matches;
    const rival = match === undefined ? undefined : (taken.get(match.name) ?? namesake(match, field, newer));
    if (match !== undefined && rival !== undefined) {
      findings.push(sharedAlias(walk, field, match, rival));
      continue;
    }
    for (const { name } of matches) taken.set(name, field);
    if (matches.length > 1) {
      findings.push(ambiguousAlias(walk, field, field, matches));
    } else if (match !== undefined) {
      findings.push(...fieldFindings(walk, { older: match, newer: field }));
    } else if (!hasUsableDefault(field)) {
      findings.push(addedWithoutDefault(walk, newer, field));
    }
  }
  const gone = older.fields.filter(({ name }) => !taken.has(name));
  return [...findings, ...gone.map((field) => removed(walk, newer, field))];
}

/** The old schema reads new records. */
function forward(walk: Walk, older: RecordType, newer: RecordType): Finding[] {
  const findings: Finding[] = [];
  for (const field of older.fields) {
    const matches = matching(field, newer.fields);
    const [match] = matches;
    const returned = matches.find(({ name }) => name !== field.name);
    if (matches.length > 1 && returned !== undefined) {
      findings.push(ambiguousAlias(walk, returned, field, matches));
    } else if (match !== undefined) {
      findings.push(...fieldFindings(walk, { older: field, newer: match }));
    } else if (hasUsableDefault(field)) {
      findings.push(removed(walk, newer, field));
    } else {
      findings.push(removedWithoutDefault(walk, newer, field));
    }
  }
  return findings;
}

/** The writer's fields that a reader's field stands for. */
function matching(reader: AvroRecordField, writer: readonly AvroRecordField[]): AvroRecordField[] {
  return writer.filter(({ name }) => name === reader.name || reader.aliases.includes(name));
}

/** A field of the reader that has the very name another one claims by alias. */
function namesake(match: AvroRecordField, claimant: AvroRecordField, reader: RecordType): AvroRecordField | undefined {
  return reader.fields.find((field) => field !== claimant && field.name === match.name);
}

const hasUsableDefault = (field: AvroRecordField): boolean =>
  field.default !== undefined && defaultProblem(field.use, field.default.value) === undefined;

function fieldFindings(walk: Walk, { older, newer }: Fields): Finding[] {
  return [
    ...renamed(walk, older, newer),
    ...walk.resolve({ older: older.use, newer: newer.use }),
    ...defaultChanged(walk, older, newer),
    ...limitFindings(walk, older, newer),
  ];
}

/**
 * An alias lets readers with the newest schema follow a rename. The sink is no such reader: Connect reads every record
 * by the schema it was written with, and the field's name is the column's. So a rename stops the sink, or leaves NULL.
 */
function renamed(walk: Walk, older: AvroRecordField, newer: AvroRecordField): Finding[] {
  if (older.name === newer.name) return [];
  return [
    findingAt(walk, [...newer.at, 'name'], {
      rule: 'FIELD_RENAMED',
      message: `${newer.name} was ${older.name}; an alias helps readers with the new schema only: the sink takes each record’s own field names for columns, so one of the two names has no column and its values are lost or stop the task`,
      remedy: `keep ${older.name}; or add ${newer.name} as a new optional field with its column and fill both`,
    }),
  ];
}

function ambiguousAlias(
  walk: Walk,
  place: AvroRecordField,
  reader: AvroRecordField,
  matches: readonly AvroRecordField[],
): Finding {
  return findingAt(walk, place.at, {
    rule: 'FIELD_ALIAS_AMBIGUOUS',
    message: `by its aliases ${reader.name} could be read from ${matches.map(({ name }) => name).join(' and from ')}; Avro libraries refuse that`,
    remedy: 'drop the alias, or give the new field another name',
  });
}

function sharedAlias(walk: Walk, field: AvroRecordField, match: AvroRecordField, rival: AvroRecordField): Finding {
  return findingAt(walk, [...field.at, 'aliases'], {
    rule: 'FIELD_ALIAS_AMBIGUOUS',
    message: `both ${rival.name} and ${field.name} would be read from ${match.name}; some Avro libraries give it to one of them, some to both`,
    remedy: 'drop the alias',
  });
}

function addedWithoutDefault(walk: Walk, record: RecordType, field: AvroRecordField): Finding {
  return findingAt(walk, field.at, {
    rule: 'FIELD_ADDED_WITHOUT_DEFAULT',
    message: `${field.name} is new in ${record.name} and has no usable default; readers with the new schema cannot read the records already in the topic, which lack it`,
    remedy: `make it optional: "type": ["null", …] with "default": null; ${describe(field.use)} can be demanded by the producer instead`,
  });
}

function removedWithoutDefault(walk: Walk, record: RecordType, field: AvroRecordField): Finding {
  return findingAt(walk, [...record.at, 'fields'], {
    rule: 'FIELD_REMOVED_WITHOUT_DEFAULT',
    path: pathOfRemoved(walk, record, field),
    message: `${field.name} is gone from ${record.name}; consumers that still have the old schema cannot read new records, since they have no default for it`,
    remedy: `keep ${field.name} and go on filling it`,
  });
}

function removed(walk: Walk, record: RecordType, field: AvroRecordField): Finding {
  return findingAt(walk, [...record.at, 'fields'], {
    rule: 'FIELD_REMOVED',
    path: pathOfRemoved(walk, record, field),
    severity: 'note',
    message: `${field.name} is gone from ${record.name}; readers manage, and from now on the sink leaves its column at the column’s default`,
    remedy: 'the column must be nullable or have a default before the producer stops sending the field',
  });
}

const pathOfRemoved = (walk: Walk, record: RecordType, field: AvroRecordField): string =>
  `${walk.newer.displayPath([...record.at, 'fields'])}/${field.name}`;

function defaultChanged(walk: Walk, older: AvroRecordField, newer: AvroRecordField): Finding[] {
  if (JSON.stringify(older.default) === JSON.stringify(newer.default)) return [];
  const text = (field: AvroRecordField): string =>
    field.default === undefined ? 'none' : JSON.stringify(field.default.value);
  return [
    findingAt(walk, [...newer.at, 'default'], {
      rule: 'DEFAULT_CHANGED',
      severity: 'note',
      message: `${newer.name}: default ${text(newer)} was ${text(older)}; a record written before the field existed reads differently from now on`,
      remedy: 'keep the default unless that is what you want',
    }),
  ];
}
