import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { isDeliveryField } from '../../pipeline/names.ts';
import { columnOf, type Relation } from '../catalog.ts';
import { missingRelation, shortName, sqlAt, sqlPlace } from '../contract.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import { nextStep } from '../rollout.ts';
import type { Rule } from '../rule.ts';

const currentView: Rule = {
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

/** The field that feeds are resumed by: a subscription begins with a whole slot, so only numbers inside a slot repeat. */
const RESUMED_BY = 'slot';

const ordinal: Rule = {
  id: 'ORDINAL',
  what: 'The field that numbers the updates of one identity and slot is an optional int or long, is written, and orders states inside a slot.',
  why: 'Without it, or with other numbers in each delivery, a redelivered update takes the current state back.',
  *check({ stream, schema, definition, written }) {
    const { current } = stream.table;
    if (current?.ordinal === undefined) return;
    const field = fieldOf(schema, current.ordinal);
    const counts = field?.kind === 'int' || field?.kind === 'long';
    const problem =
      field === undefined
        ? noField(schema, current.ordinal)
        : !counts
          ? `${field.name} is ${field.kind}, which does not count`
          : !field.nullable
            ? `${field.name} is required, so records without it could not be read`
            : written.every(({ name }) => name !== field.name)
              ? `${field.name} is in sink.omit, so the table never has it`
              : current.order !== RESUMED_BY
                ? `states are ordered by ${current.order}; a producer counts inside a slot, from which it resumes`
                : undefined;
    if (problem === undefined) return;
    yield {
      path: `${stream.name}.table.current.ordinal`,
      places: [definition.placeOf(['table', 'current', 'ordinal']), field?.place ?? schema.place],
      message: `table.current.ordinal: ${problem}`,
      remedy: nextStep('schema', `has the optional field ${current.ordinal} of type ["null", "int"], default null`),
    };
  },
};

const rollup: Rule = {
  id: 'FOLD',
  what: 'The rollup (`table.fold`) and its source exist, have the same columns in the same order, and share the identity with the table.',
  why: '`verify` and `rebuild` fail, or compare one column with another.',
  *check(contract) {
    const { stream, table, migrated, definition } = contract;
    const wanted = stream.table.fold;
    if (wanted === undefined) return;
    const { relations } = migrated.catalog;
    for (const role of ['table', 'source'] as const) {
      const name = wanted[role];
      if (relations[name] !== undefined) continue;
      yield missingRelation(contract, role === 'table' ? 'table' : 'view', name, ['table', 'fold', role]);
    }
    const kept = relations[wanted.table];
    const source = relations[wanted.source];
    if (kept === undefined || source === undefined) return;
    if (columnsText(kept) !== columnsText(source)) {
      yield {
        ...sqlAt(contract, source.name, undefined, sqlPlace(contract, kept.name)),
        message: `${shortName(source.name)} has columns (${columnsText(source)}), ${shortName(kept.name)} has (${columnsText(kept)})`,
        remedy: 'give both the same columns in the same order by a migration',
      };
    }
    const { identity } = wanted;
    const without = [table, kept, source].find((one) => one !== undefined && columnOf(one, identity) === undefined);
    if (without === undefined) return;
    const columns = without.columns.map(({ name }) => name);
    yield {
      path: `${stream.name}.table.fold.identity`,
      places: [definition.placeOf(['table', 'fold', 'identity']), sqlPlace(contract, without.name)],
      message: `table.fold.identity: ${shortName(without.name)} has no column ${identity}${didYouMean(identity, columns)}`,
      remedy: 'name the column that table, rollup and source share',
    };
  },
};

const columnsText = ({ columns }: Relation): string => columns.map(({ name }) => name).join(', ');

/** What is derived from the table: the view of current states and the rollup. */
export const derivedRules = [currentView, ordinal, rollup];
