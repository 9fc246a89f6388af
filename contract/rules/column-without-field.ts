import { shortName, sqlAt } from '../contract.ts';
import { addedColumns } from '../rendered-sink.ts';
import { nextStep } from '../rollout.ts';
import { tableRule } from '../rule.ts';

export const columnWithoutField = tableRule({
  id: 'COLUMN_WITHOUT_FIELD',
  what: 'Every NOT NULL column without a default has an Avro field, or a value that Connect adds.',
  why: 'PostgreSQL refuses every row, and the sink fails its task.',
  *check(table, contract) {
    const { schema, sinks, written } = contract;
    for (const column of table.columns) {
      const filled = column.default !== undefined || column.identity !== undefined || column.generated;
      if (column.nullable || filled || written.some(({ name }) => name === column.name)) continue;
      if (sinks.length > 0 && sinks.every(({ config }) => addedColumns(config).has(column.name))) continue;
      yield {
        ...sqlAt(contract, table.name, column.name, schema.place),
        message: `column ${shortName(table.name)}.${column.name} ${column.type.text} is NOT NULL without a default, and no field of ${schema.name} fills it`,
        remedy: nextStep('schema', `fills ${column.name}; or let the column be NULL, or give it a default`),
      };
    }
  },
});
