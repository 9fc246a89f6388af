import { isDeliveryField } from '../../pipeline/names.ts';
import { columnOf } from '../catalog.ts';
import { missingRelation, shortName, sqlAt } from '../contract.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

export const currentView: Rule = {
  id: 'CURRENT_VIEW',
  what: 'The view of current states exists, has every written column but those that say something about a delivery, and is ordered by a required whole number or time.',
  why: '`verify` cannot prove the current states, and readers of the view find columns missing.',
  *check(contract) {
    const { stream, migrated, definition, schema, written } = contract;
    const { current } = stream.table;
    if (current === undefined) return;
    const view = migrated.catalog.relations[current.view];
    if (view === undefined) {
      yield missingRelation(contract, 'view', current.view, ['table', 'current', 'view']);
      return;
    }
    for (const field of written) {
      if (isDeliveryField(stream, field.name) || columnOf(view, field.name) !== undefined) continue;
      const isNew = contract.table !== undefined && columnOf(contract.table, field.name) === undefined;
      if (isNew) continue;
      yield {
        ...sqlAt(contract, view.name, field.name, field.place),
        message: `view ${shortName(view.name)} has no column ${field.name}`,
        remedy: 'add it to the view by a migration (CREATE OR REPLACE VIEW, new columns last)',
      };
    }
    for (const [role, name] of [
      ['identity', current.identity],
      ['order', current.order],
    ] as const) {
      const field = fieldOf(schema, name);
      const orders = field?.kind === 'int' || field?.kind === 'long' || field?.kind === 'timestamp-millis';
      const problem =
        field === undefined
          ? noField(schema, name)
          : field.nullable
            ? `${name} may be null`
            : role === 'order' && !orders
              ? `${name} is ${field.kind}, which does not order in time`
              : undefined;
      if (problem === undefined) continue;
      yield {
        path: `${stream.name}.table.current.${role}`,
        places: [definition.placeOf(['table', 'current', role]), field?.place ?? schema.place],
        message: `table.current.${role}: ${problem}`,
        remedy: role === 'order' ? 'name a required whole number that only grows, e.g. slot' : 'name a required field',
      };
    }
  },
};
