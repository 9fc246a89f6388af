import type { AvroFieldKind } from '../../schemas/avro-schema.ts';
import { avroText } from '../avro-text.ts';
import { fedFields } from '../contract.ts';
import type { FeedField } from '../feed.ts';
import type { PlacedField } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

const WHOLE_32 = ['int32', 'sint32', 'uint32', 'fixed32', 'sfixed32'];
const WHOLE_64 = ['int64', 'sint64', 'uint64', 'fixed64', 'sfixed64'];

/** Proto types whose values the producer turns into each kind. */
const SOURCES: Readonly<Record<AvroFieldKind, readonly string[]>> = {
  string: ['string'],
  int: WHOLE_32,
  long: [...WHOLE_32, ...WHOLE_64],
  decimal: ['string'],
  'timestamp-millis': WHOLE_64,
  boolean: ['bool'],
  double: ['double', 'float'],
  bytes: ['bytes'],
};

export const protoType: Rule = {
  id: 'PROTO_TYPE',
  what: "Each field of the update has a type whose values fit the Avro field's type; amounts are text, never float.",
  why: 'The producer refuses the updates, or, with a float, amounts are wrong before they arrive.',
  *check(contract) {
    for (const { source, field } of fedFields(contract)) {
      const problem = mismatch(source, field);
      if (problem === undefined) continue;
      yield {
        path: source.fullName,
        places: [source.place, field.place],
        message: `${source.name}: ${problem}`,
        remedy: `make it ${SOURCES[field.kind].slice(-2).join(' or ')}${field.allowed === undefined ? '' : ' or an enum'} under a new number, or change the Avro field`,
      };
    }
  },
};

function mismatch(source: FeedField, field: PlacedField): string | undefined {
  const avro = avroText(field);
  if (source.cardinality === 'repeated' || source.cardinality === 'map') {
    return `a ${source.cardinality === 'map' ? 'map' : 'repeated field'} does not become one ${avro}`;
  }
  if (source.isMessage) return `message ${source.type} does not become ${avro}`;
  if (source.enum !== undefined) {
    if (field.kind === 'string' && field.allowed !== undefined) return undefined;
    return `enum ${source.type} becomes a string with "allowed" words, not ${avro}`;
  }
  if (SOURCES[field.kind].includes(source.type)) return undefined;
  if (field.kind === 'decimal' && /^(double|float)$/.test(source.type)) {
    return `${source.type} cannot hold an amount exactly; ${avro} is sent as text`;
  }
  return `${source.type} does not become ${avro}`;
}
