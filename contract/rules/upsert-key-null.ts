import { columnOf } from '../catalog.ts';
import { shortName, sqlPlace } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

export const upsertKeyNull = tableRule({
  id: 'UPSERT_KEY_NULL',
  what: 'Every column of the upsert key is NOT NULL.',
  why: 'NULLs are never equal, so a redelivered record with one becomes a second row.',
  *check(table, contract) {
    const { stream, schema, definition } = contract;
    for (const name of stream.table.key) {
      if (columnOf(table, name)?.nullable !== true) continue;
      const field = fieldOf(schema, name);
      yield {
        path: `${shortName(table.name)}.${name}`,
        places: [
          sqlPlace(contract, table.name, name),
          definition.placeOf(['table', 'key', stream.table.key.indexOf(name)]),
          ...(field === undefined ? [] : [field.place]),
        ],
        message: `column ${shortName(table.name)}.${name} of the upsert key may be NULL`,
        remedy: `ALTER TABLE ${shortName(table.name)} ALTER COLUMN ${name} SET NOT NULL by a migration`,
      };
    }
  },
});
