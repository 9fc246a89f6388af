import type { Finding } from '../../pipeline/finding.ts';
import { unreservedParts } from './proto-fields.ts';
import { type ProtoChange, protoFinding } from './proto-findings.ts';
import type { ProtoEnum, ProtoEnumValue } from './proto-model.ts';
import { reservedFindings } from './proto-reserved.ts';

/** An enumeration: the number counts on the wire, the name in JSON. */
export function enumFindings(change: ProtoChange, older: ProtoEnum, newer: ProtoEnum): Finding[] {
  const numbers = [...new Set(older.values.map(({ number }) => number))];
  return [
    ...numbers.flatMap((number) => numberFindings(change, older, newer, number)),
    ...reservedFindings(change, 'ENUM', older, newer),
  ];
}

/** One number may have several names (`allow_alias`): every old one must be left. */
function numberFindings(change: ProtoChange, older: ProtoEnum, newer: ProtoEnum, number: number): Finding[] {
  const has = (values: readonly ProtoEnumValue[]) => values.filter((value) => value.number === number);
  const before = has(older.values).map(({ name }) => name);
  const [after] = has(newer.values);
  if (after === undefined) return before.flatMap((name) => deletedValue(change, newer, name, number));
  const names = has(newer.values).map(({ name }) => name);
  const lost = before.filter((name) => !names.includes(name));
  if (lost.length === 0) return [];
  return [
    protoFinding(change, 'ENUM_VALUE_SAME_NAME', after, {
      path: `${newer.name}.${after.name}`,
      message: `number ${number} of ${newer.name} is ${names.join(', ')} and was ${before.join(', ')}; JSON goes by the name, and so does the word that reaches the table`,
      remedy: `keep ${lost.join(', ')}; a new value takes a new number`,
    }),
  ];
}

function deletedValue(change: ProtoChange, newer: ProtoEnum, name: string, number: number): Finding[] {
  const moved = newer.values.find((value) => value.name === name);
  if (moved !== undefined) {
    return [
      protoFinding(change, 'ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED', moved, {
        path: `${newer.name}.${name}`,
        message: `${name} has number ${moved.number} and had ${number}; the wire carries the number, so one version reads another word than the other meant`,
        remedy: `give it back number ${number}`,
      }),
    ];
  }
  return unreservedParts(newer.reserved, number, name).map(({ part, text }) =>
    protoFinding(change, `ENUM_VALUE_NO_DELETE_UNLESS_${part}_RESERVED`, newer, {
      path: `${newer.name}.${name}`,
      message: `${name} = ${number} is gone and its ${part.toLowerCase()} is not reserved; whoever takes ${text} again reads old messages wrongly`,
      remedy: `add \`reserved ${text};\` to ${newer.name}, or keep the value with [deprecated = true]`,
    }),
  );
}
