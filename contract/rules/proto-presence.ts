import type { AvroField } from '../../schemas/avro-schema.ts';
import { fedFields } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const protoPresence: Rule = {
  id: 'PROTO_PRESENCE',
  what: 'A number, time or text that may be absent is `optional` in the proto.',
  why: 'proto3 sends no difference between absent and zero: the table would hold 0, the empty text or 1970 where nothing was known.',
  *check(contract) {
    for (const { source, field } of fedFields(contract)) {
      const zero = source.presence ? undefined : zeroOf(field);
      if (zero === undefined) continue;
      yield {
        path: source.fullName,
        places: [source.place, field.place],
        message: `${source.name}: an update without it would be stored as ${zero}`,
        remedy: `write \`optional ${source.type} ${source.name} = ${source.number};\`: the bytes on the wire stay the same`,
        // A required number may really be 0. The record does not show which, so it is a note.
        severity: field.nullable || field.kind === 'timestamp-millis' ? 'error' : 'note',
      };
    }
  },
};

/** What an absent value of this field would become; undefined when the producer sees that it is absent. */
function zeroOf({ kind, nullable, minLength = 0, allowed }: AvroField): string | undefined {
  switch (kind) {
    case 'timestamp-millis':
      return '1970-01-01';
    case 'int':
    case 'long':
    case 'double':
      return '0';
    case 'string':
      return nullable && allowed === undefined && minLength === 0 ? 'the empty text' : undefined;
    case 'boolean':
      return nullable ? 'false' : undefined;
    case 'bytes':
      return nullable ? 'no bytes' : undefined;
    case 'decimal':
      return undefined;
  }
}
