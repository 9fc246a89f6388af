import type { Finding } from '../../pipeline/finding.ts';
import type { AvroRecordField } from './avro-model.ts';
import { findingAt, type Walk } from './avro-walk.ts';

type Change = 'LIMIT_WIDENED' | 'LIMIT_NARROWED';

/** Which way a greater number moves the limit. */
const NUMBERS: Readonly<Record<string, { readonly greater: Change; readonly smaller: Change }>> = {
  maxLength: { greater: 'LIMIT_WIDENED', smaller: 'LIMIT_NARROWED' },
  maximum: { greater: 'LIMIT_WIDENED', smaller: 'LIMIT_NARROWED' },
  minLength: { greater: 'LIMIT_NARROWED', smaller: 'LIMIT_WIDENED' },
  minimum: { greater: 'LIMIT_NARROWED', smaller: 'LIMIT_WIDENED' },
};

/**
 * The producer's limits stand in the schema as attributes of our own. They say what the producer lets pass, not how
 * bytes are read, so no change of them is incompatible: a narrower limit leaves the records in the topic as they are,
 * a wider one needs a column that is wide first, which the check across the layers demands. Here both are notes.
 */
export function limitFindings(walk: Walk, older: AvroRecordField, newer: AvroRecordField): Finding[] {
  const findings: Finding[] = [];
  for (const [name, sides] of Object.entries(NUMBERS)) {
    const before = limit(older, name);
    const after = limit(newer, name);
    if (before === after) continue;
    const change = numberChange(before, after, sides);
    findings.push(limitFinding(walk, newer, name, change, String(before ?? 'none'), String(after ?? 'none')));
  }
  const before = words(older);
  const after = words(newer);
  const added = after?.filter((word) => !before?.includes(word)) ?? [];
  const dropped = before?.filter((word) => !after?.includes(word)) ?? [];
  if (before !== undefined && (after === undefined || added.length > 0)) {
    findings.push(limitFinding(walk, newer, 'allowed', 'LIMIT_WIDENED', before.join(', '), after?.join(', ') ?? 'any'));
  }
  if (after !== undefined && (before === undefined || dropped.length > 0)) {
    findings.push(
      limitFinding(walk, newer, 'allowed', 'LIMIT_NARROWED', before?.join(', ') ?? 'any', after.join(', ')),
    );
  }
  return findings;
}

function numberChange(
  before: number | undefined,
  after: number | undefined,
  { greater, smaller }: { readonly greater: Change; readonly smaller: Change },
): Change {
  if (before === undefined) return 'LIMIT_NARROWED';
  if (after === undefined) return 'LIMIT_WIDENED';
  return after > before ? greater : smaller;
}

function limitFinding(
  walk: Walk,
  field: AvroRecordField,
  name: string,
  rule: Change,
  before: string,
  after: string,
): Finding {
  const widened = rule === 'LIMIT_WIDENED';
  return findingAt(walk, [...field.at, name], {
    rule,
    severity: 'note',
    message: `${field.name}: ${name} ${after} was ${before}; ${
      widened
        ? 'the producer lets more values pass, which the column and its checks must hold'
        : 'the producer refuses values that it used to let pass; records in the topic keep theirs'
    }`,
    remedy: widened
      ? 'widen the column by a migration first'
      : 'make sure that the feed no longer sends such values: they go to the rejected topic',
  });
}

function limit({ attributes }: AvroRecordField, name: string): number | undefined {
  const value = attributes[name];
  return typeof value === 'number' ? value : undefined;
}

function words({ attributes }: AvroRecordField): readonly string[] | undefined {
  const { allowed } = attributes;
  return Array.isArray(allowed) ? allowed.map(String) : undefined;
}
