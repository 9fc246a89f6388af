import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { checkProject } from '../../../contract/check.ts';
import { mutatedProject } from '../../support/contract-fixture.ts';
import { PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { CARRIED_TYPES, TYPE_CASES } from '../../support/types/matrix.ts';
import { REFUSED_COLUMNS } from '../../support/types/refused.ts';
import type { TypeCase } from '../../support/types/type-case.ts';

/** Avro types with their limits, each once. */
const FIELDS = [
  ...new Map(
    CARRIED_TYPES.map(({ name, avro, limits }) => [JSON.stringify([avro, limits]), { name, avro, limits }]),
  ).values(),
];
const nameOf = ({ avro, limits }: TypeCase): string =>
  FIELDS.find((one) => JSON.stringify([one.avro, one.limits]) === JSON.stringify([avro, limits]))?.name ?? '';

/** Column types, each once; those that would round beside them. */
const COLUMNS = [
  ...new Set([
    ...TYPE_CASES.map(({ column }) => column),
    ...REFUSED_COLUMNS.map(({ column }) => column),
    'timestamp(0)',
    'timestamptz(2)',
    'time(0)',
    'numeric(38,6)',
    'varchar(4)',
  ]),
];
/** A table has 1,600 columns at most. */
const FIELDS_A_TABLE = 12;

const withoutLimits = (column: string): string => column.replace(/\(.*?\)/, '');

function writeStream(root: string, number: number): void {
  const fields = FIELDS.slice(number * FIELDS_A_TABLE, (number + 1) * FIELDS_A_TABLE);
  const pairs = fields.flatMap((field) =>
    COLUMNS.map((column, index) => ({ ...field, name: `${field.name}__${index}`, column })),
  );
  // Avro takes each name once.
  const avroOf = (avro: unknown, index: number) =>
    JSON.parse(JSON.stringify(avro).replace(/"name":"(\w+)"/, `"name":"$1${index}"`));
  const files = {
    [`connectors/pairs${number}.yaml`]: `name: pairs${number}
schema: schemas/pairs${number}.avsc
topic: { name: pairs${number}, partitions: 1, key: id }
table: { name: public.pairs${number}, key: [id] }
sink: { name: pairs${number}-sink, tasksMax: 1 }
`,
    [`schemas/pairs${number}.avsc`]: JSON.stringify({
      type: 'record',
      name: `Pairs${number}`,
      fields: [
        { name: 'id', type: 'string', minLength: 1, maxLength: 40 },
        ...pairs.map(({ name, avro, limits }, index) => ({
          name,
          type: ['null', avroOf(avro, index)],
          default: null,
          ...limits,
        })),
      ],
    }),
    [`migrations/91${number}0_pairs.sql`]: `-- Up Migration

${number === 0 ? "CREATE TYPE color AS ENUM ('Red', 'Green'); CREATE CAST (varchar AS color) WITH INOUT AS ASSIGNMENT; CREATE DOMAIN label_domain AS varchar(20);" : ''}
CREATE TABLE pairs${number} (
  id varchar(40) COLLATE "C" PRIMARY KEY,
${pairs.map(({ name, column }) => `  ${name} ${column},`).join('\n')}
  kafka_partition integer,
  kafka_offset bigint
);
CREATE TRIGGER pairs${number}_keep_newest_delivery BEFORE UPDATE ON pairs${number}
  FOR EACH ROW
  WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
  EXECUTE FUNCTION keep_newest_delivery();

-- Down Migration

DROP TABLE pairs${number};
`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

it(
  'what the check lets pass are the pairs of types that go through the real sink; each other is refused with a way out',
  async () => {
    const project = mutatedProject([]);
    try {
      const streams = Array.from({ length: Math.ceil(FIELDS.length / FIELDS_A_TABLE) }, (_, number) => number);
      for (const name of ['positions.yaml']) rmSync(join(project.root, 'connectors', name));
      for (const number of streams) writeStream(project.root, number);
      const findings = await checkProject(project.root, {}, {});
      const errors = findings.filter(({ severity }) => severity === 'error');
      const refused = new Set(errors.map(({ path }) => path.split('.').at(-1)));
      expect(errors.filter(({ path, remedy }) => !/__\d+$/.test(path) || remedy === '')).toEqual([]);
      const passed = FIELDS.flatMap(({ name }) =>
        COLUMNS.filter((_column, index) => !refused.has(`${name}__${index}`)).map(
          (column) => `${name} → ${withoutLimits(column)}`,
        ),
      );
      const proven = CARRIED_TYPES.flatMap((one) =>
        [one.column, ...(one.also ?? [])].map((column) => `${nameOf(one)} → ${withoutLimits(column)}`),
      );
      expect([...new Set(passed)].sort()).toEqual([...new Set(proven)].sort());
    } finally {
      project.remove();
    }
  },
  PGLITE_TIMEOUT_MS,
);
