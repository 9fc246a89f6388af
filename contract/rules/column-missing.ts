import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { columnOf } from '../catalog.ts';
import { shortName, sqlPlace } from '../contract.ts';
import { nextStep } from '../rollout.ts';
import { tableRule } from '../rule.ts';

export const columnMissing = tableRule({
  id: 'COLUMN_MISSING',
  what: 'Every Avro field has a column of its name, or is declared in sink.omit.',
  why: 'The sink fails its task on a field the table lacks.',
  *check(table, contract) {
    const { schema, written, migrated } = contract;
    for (const field of written) {
      if (columnOf(table, field.name) !== undefined) continue;
      const dropped = migrated.dropped[`${table.name}.${field.name}`];
      const names = table.columns
        .map(({ name }) => name)
        .filter((name) => !schema.fields.some((one) => one.name === name));
      yield {
        path: `${shortName(table.name)}.${field.name}`,
        places: [field.place, dropped ?? sqlPlace(contract, table.name)],
        message: `${field.name}: table ${shortName(table.name)} has no such column${
          dropped === undefined ? didYouMean(field.name, names) : ', a migration drops or renames it'
        }`,
        remedy: nextStep('migration', `adds the column ${field.name}`),
      };
    }
  },
});
