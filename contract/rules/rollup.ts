import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { columnOf, type Relation } from '../catalog.ts';
import { missingRelation, shortName, sqlAt, sqlPlace } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const rollup: Rule = {
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
