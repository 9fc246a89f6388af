import type { Finding } from '../../pipeline/finding.ts';
import { PEERS, type ProtoChange, protoFinding } from './proto-findings.ts';
import { isReservedNumber, type ProtoField, type ProtoMessage, type Reserved } from './proto-model.ts';
import { reservedFindings } from './proto-reserved.ts';

/** Scalars that share their encoding on the wire and in JSON; 64-bit numbers are texts in JSON, 32-bit ones are not. */
const SAME_ENCODING: readonly (readonly string[])[] = [
  ['int32', 'uint32'],
  ['int64', 'uint64'],
  ['fixed32', 'sfixed32'],
  ['fixed64', 'sfixed64'],
];

/** Everything about one message: its fields by number, as the wire knows them, and what it reserves. */
export function messageFindings(change: ProtoChange, older: ProtoMessage, newer: ProtoMessage): Finding[] {
  const findings: Finding[] = [];
  for (const field of older.fields) {
    const match = newer.fields.find(({ number }) => number === field.number);
    findings.push(
      ...(match === undefined
        ? deletedField(change, newer, field)
        : fieldFindings(change, { older, newer }, field, match)),
    );
  }
  for (const field of newer.fields) {
    const known = older.fields.some(({ number }) => number === field.number);
    if (field.cardinality === 'required' && !known) {
      findings.push(requiredFields(change, newer, field, 'is new and required'));
    }
  }
  if (older.messageSet !== newer.messageSet) {
    findings.push(
      protoFinding(change, 'MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT', newer, {
        path: newer.name,
        message: `message_set_wire_format of ${newer.name} changed; ${PEERS} cannot read each other`,
        remedy: 'keep the option as it was',
      }),
    );
  }
  return [...findings, ...reservedFindings(change, 'MESSAGE', older, newer)];
}

function deletedField(change: ProtoChange, message: ProtoMessage, field: ProtoField): Finding[] {
  const path = `${message.name}.${field.name}`;
  const moved = message.fields.find(({ name }) => name === field.name);
  if (moved !== undefined) {
    return [
      protoFinding(change, 'FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED', moved, {
        path,
        message: `${field.name} has number ${moved.number} and had ${field.number}; the wire knows the number only, so ${PEERS} lose the field`,
        remedy: `give it back number ${field.number}`,
      }),
    ];
  }
  const required =
    field.cardinality === 'required' ? [requiredFields(change, message, field, 'was required and is gone')] : [];
  const unreserved = unreservedParts(message.reserved, field.number, field.name);
  return [
    ...required,
    ...unreserved.map(({ part, text }) =>
      protoFinding(change, `FIELD_NO_DELETE_UNLESS_${part}_RESERVED`, message, {
        path,
        message: `${field.name} = ${field.number} is gone and its ${part.toLowerCase()} is not reserved; whoever takes ${text} again reads old messages wrongly`,
        remedy: `add \`reserved ${text};\` to ${message.name}, or keep the field with [deprecated = true]`,
      }),
    ),
  ];
}

/** What a deleted field or value should have left behind. */
export function unreservedParts(
  reserved: Reserved,
  number: number,
  name: string,
): readonly { readonly part: 'NUMBER' | 'NAME'; readonly text: string }[] {
  return [
    ...(isReservedNumber(reserved, number) ? [] : [{ part: 'NUMBER' as const, text: String(number) }]),
    ...(reserved.names.includes(name) ? [] : [{ part: 'NAME' as const, text: `"${name}"` }]),
  ];
}

function requiredFields(change: ProtoChange, message: ProtoMessage, field: ProtoField, what: string): Finding {
  const known = message.fields.some(({ number }) => number === field.number);
  return protoFinding(change, 'MESSAGE_SAME_REQUIRED_FIELDS', known ? field : message, {
    path: `${message.name}.${field.name}`,
    message: `${field.name} ${what}; ${PEERS} refuse each other’s messages`,
    remedy: 'make new fields optional, and leave required ones for ever',
  });
}

function fieldFindings(
  change: ProtoChange,
  messages: { readonly older: ProtoMessage; readonly newer: ProtoMessage },
  older: ProtoField,
  newer: ProtoField,
): Finding[] {
  const findings: Finding[] = [];
  const path = `${messages.newer.name}.${newer.name}`;
  const add = (rule: string, message: string, remedy: string): void => {
    findings.push(protoFinding(change, rule, newer, { path, message, remedy }));
  };
  const number = `number ${newer.number}`;
  if (older.name !== newer.name) {
    add(
      'FIELD_SAME_NAME',
      `${number} is ${newer.name} and was ${older.name}; JSON goes by the name, and so does the way from here to the Avro field and the column`,
      `keep ${older.name}; a new field takes a new number, and a deleted one reserves number and name`,
    );
  } else if (older.jsonName !== newer.jsonName) {
    add(
      'FIELD_SAME_JSON_NAME',
      `${newer.name} is "${newer.jsonName}" in JSON and was "${older.jsonName}"; readers of JSON lose the field`,
      `keep json_name "${older.jsonName}"`,
    );
  }
  if (older.cardinality !== newer.cardinality) {
    add(
      'FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY',
      `${newer.name} is ${newer.cardinality} and was ${older.cardinality}; ${PEERS} lose values or fail`,
      'add a new field with a new number',
    );
    const required = older.cardinality === 'required' || newer.cardinality === 'required';
    if (required)
      findings.push(
        requiredFields(change, messages.newer, newer, `is ${newer.cardinality} and was ${older.cardinality}`),
      );
  } else if (!sameType(change, older, newer)) {
    add(
      'FIELD_WIRE_JSON_COMPATIBLE_TYPE',
      `${newer.name} (${number}) is ${typeText(newer)} and was ${typeText(older)}; ${PEERS} read garbage, fail or drop the value`,
      `keep ${typeText(older)}; add a new field with a new number for ${typeText(newer)}`,
    );
  }
  if (older.oneof !== newer.oneof) {
    add(
      'FIELD_SAME_ONEOF',
      `${newer.name} is ${oneofText(newer)} and was ${oneofText(older)}; setting one field clears its neighbours in a oneof, so values get lost between versions`,
      'add a new field with a new number',
    );
  }
  if (zeroless(older.default) !== zeroless(newer.default)) {
    add(
      'FIELD_SAME_DEFAULT',
      `${newer.name} has default ${newer.default ?? 'none'} and had ${older.default ?? 'none'}; an absent field means different things to ${PEERS}`,
      'keep the default',
    );
  }
  return findings;
}

/** A default of zero says what having none says. */
const zeroless = (value: string | undefined): string | undefined =>
  value === undefined || ['0', 'false', ''].includes(value) ? undefined : value;

function sameType(change: ProtoChange, older: ProtoField, newer: ProtoField): boolean {
  if (older.keyType !== newer.keyType && !sameEncoding(older.keyType, newer.keyType)) return false;
  const name = change.newName(older.type);
  if (name === newer.type || sameEncoding(name, newer.type)) return true;
  // An enumeration may move, as long as it keeps its short name and every value.
  const before = change.older.enums.get(older.type);
  const after = change.newer.enums.get(newer.type);
  if (before === undefined || after === undefined || shortName(before.name) !== shortName(after.name)) return false;
  return before.values.every((value) =>
    after.values.some((other) => other.name === value.name && other.number === value.number),
  );
}

const sameEncoding = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && SAME_ENCODING.some((group) => group.includes(a) && group.includes(b));

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

const typeText = ({ type, keyType }: ProtoField): string => (keyType === undefined ? type : `map<${keyType}, ${type}>`);

const oneofText = ({ oneof }: ProtoField): string => (oneof === undefined ? 'in no oneof' : `in oneof ${oneof}`);
