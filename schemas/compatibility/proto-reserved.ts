import type { Finding } from '../../pipeline/finding.ts';
import { type ProtoChange, protoFinding } from './proto-findings.ts';
import { type Declared, isReservedNumber, type ProtoSet, type Reserved } from './proto-model.ts';

type Holder = Declared & { readonly reserved: Reserved };

/** What was reserved stays reserved: something was deleted there, and old messages still carry it. */
export function reservedFindings(
  change: ProtoChange,
  kind: 'MESSAGE' | 'ENUM',
  older: Holder,
  newer: Holder,
): Finding[] {
  const ranges = older.reserved.ranges
    .filter((range) => !covers(newer.reserved, range))
    .map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`));
  const names = older.reserved.names.filter((name) => !newer.reserved.names.includes(name)).map((name) => `"${name}"`);
  return [...ranges, ...names].map((text) =>
    protoFinding(change, `RESERVED_${kind}_NO_DELETE`, newer, {
      path: newer.name,
      message: `${newer.name} no longer reserves ${text}; who takes it again reads old messages wrongly`,
      remedy: `keep \`reserved ${text};\`, and take a new number and name`,
    }),
  );
}

/** Whether every number of a range is reserved, be it by several ranges. */
function covers({ ranges }: Reserved, [first, last]: readonly [number, number]): boolean {
  let next = first;
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    if (from <= next && to >= next) next = to + 1;
  }
  return next > last;
}

/** Numbers and names in use although reserved in the same version: protoc refuses that, protobufjs does not notice. */
export function reservedInUse(change: ProtoChange, set: ProtoSet): Finding[] {
  const holders = [
    ...[...set.messages.values()].map((message) => ({ ...message, members: message.fields })),
    ...[...set.enums.values()].map((type) => ({ ...type, members: type.values })),
  ];
  return holders.flatMap(({ name, reserved, members }) =>
    members
      .filter((member) => isReservedNumber(reserved, member.number) || reserved.names.includes(member.name))
      .map((member) =>
        protoFinding(change, 'RESERVED_IN_USE', member, {
          path: `${name}.${member.name}`,
          message: `${member.name} = ${member.number} takes what ${name} reserves; old messages still carry the deleted one, so they are read wrongly`,
          remedy: 'take a new number and a new name',
        }),
      ),
  );
}
