import type { BrokenRule } from './rule.ts';

/** The rules that are broken about a field, column or setting because another rule is broken about the same one. */
const FOLLOWS_FROM: Readonly<Record<string, readonly string[]>> = {
  COLUMN_MISSING: ['NAME_NEEDS_QUOTES'],
  COLUMN_WITHOUT_FIELD: ['NAME_NEEDS_QUOTES', 'FIELD_TYPE', 'UPSERT_KEY_FIELD'],
  COLUMN_NOT_NULL: ['UPSERT_KEY_FIELD', 'TOPIC_KEY'],
  AVRO_FIELD_UNFED: ['NAME_NEEDS_QUOTES', 'COLUMN_MISSING'],
  PROTO_FIELD_UNUSED: ['NAME_NEEDS_QUOTES', 'COLUMN_WITHOUT_FIELD'],
  PROTO_PRESENCE: ['PROTO_TYPE', 'UPSERT_KEY_FIELD'],
  UPSERT_MODE: ['SETTING_VALUE'],
};

/** The rules that are broken, wherever, because another one is. */
const FOLLOWS_FROM_ANY: Readonly<Record<string, string>> = {
  // Of a table.key that is no unique index, every unique index is another one.
  OTHER_UNIQUE_INDEX: 'UPSERT_KEY_INDEX',
  // A table that is partitioned, and one that is not, have different keys.
  UPSERT_KEY_INDEX: 'TABLE_PARTITIONS',
};

/** The rules about a name that one side has and the other lacks. One of each together are one thing that was renamed. */
const RENAMES: readonly (readonly [string, string])[] = [
  ['COLUMN_MISSING', 'COLUMN_WITHOUT_FIELD'],
  ['PROTO_FIELD_UNUSED', 'AVRO_FIELD_UNFED'],
];

/** Leaves out what follows from another finding: one cause, one finding. `broken` is all that is wrong with one stream. */
export function withoutConsequences(broken: readonly BrokenRule[]): BrokenRule[] {
  const errors = broken.filter(({ severity }) => severity !== 'note');
  const rules = new Set(errors.map(({ rule }) => rule));
  const about = new Set(errors.map((one) => `${one.rule} ${subjectOf(one).toLowerCase()}`));
  const causes = broken.filter((one) => {
    if (rules.has(FOLLOWS_FROM_ANY[one.rule] ?? '')) return false;
    return !FOLLOWS_FROM[one.rule]?.some((cause) => about.has(`${cause} ${subjectOf(one).toLowerCase()}`));
  });
  return RENAMES.reduce(joinRename, causes);
}

function joinRename(broken: readonly BrokenRule[], rules: readonly [string, string]): BrokenRule[] {
  const [[lacked, another], [left, more]] = rules.map((rule) => broken.filter((one) => one.rule === rule)) as [
    BrokenRule[],
    BrokenRule[],
  ];
  if (lacked === undefined || left === undefined || another !== undefined || more !== undefined) return [...broken];
  const joined: BrokenRule = {
    ...lacked,
    places: [...lacked.places, ...left.places],
    message: `${lacked.message}; or is it ${subjectOf(left)} renamed? (${left.message})`,
  };
  return broken.flatMap((one) => (one === left ? [] : [one === lacked ? joined : one]));
}

/** Its last name: `perps.v1.PositionUpdate.size` and `positions.size` are about one field. */
const subjectOf = ({ path }: BrokenRule): string => path.split('.').at(-1) ?? path;
