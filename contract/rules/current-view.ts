import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { columnOf } from '../catalog.ts';
import { shortName, sqlPlace } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

export const currentView: Rule = {
  id: 'CURRENT_VIEW',
  what: 'The view of current states exists, has every written column, and is ordered by a required whole number or time.',
  why: '`verify` cannot prove the current states, and readers of the view find columns missing.',
  *check(contract) {
    const { stream, migrated, definition, schema } = contract;
    const { current } = stream.table;
    if (current === undefined) return;
    const view = migrated.catalog.relations[current.view];
    const place = definition.placeOf(['table', 'current', 'view']);
    if (view === undefined) {
      const dropped = migrated.dropped[current.view];
      yield {
        path: current.view,
        places: [place, ...(dropped === undefined ? [] : [dropped])],
        message: `no migration creates the view ${current.view}${didYouMean(current.view, Object.keys(migrated.catalog.relations))}`,
        remedy: 'add a migration that creates it, or correct table.current.view',
      };
      return;
    }
    for (const field of schema.fields) {
      if (stream.sink.omit.includes(field.name) || columnOf(view, field.name) !== undefined) continue;
      const isNew = contract.table !== undefined && columnOf(contract.table, field.name) === undefined;
      if (isNew) continue;
      yield {
        path: `${shortName(view.name)}.${field.name}`,
        places: [sqlPlace(contract, view.name), field.place],
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
          ? `is no field of ${schema.name}${didYouMean(
              name,
              schema.fields.map((one) => one.name),
            )}`
          : field.nullable
            ? 'may be null'
            : role === 'order' && !orders
              ? `is ${field.kind}, which does not order in time`
              : undefined;
      if (problem === undefined) continue;
      yield {
        path: `${stream.name}.table.current.${role}`,
        places: [definition.placeOf(['table', 'current', role]), field?.place ?? schema.place],
        message: `table.current.${role}: ${name} ${problem}`,
        remedy: role === 'order' ? 'name a required whole number that only grows, e.g. slot' : 'name a required field',
      };
    }
  },
};
