import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

const VIEWS = ['current_positions', 'user_statistics', 'daily_pnl_snapshots'];

/** Puts the three views as 0001 defines them, over the whole history, by the order of 0007, into a schema of their own: `before`. */
export function viewsOverHistory(): string {
  const text = readFileSync(join(packageRoot(), 'migrations', '0001_positions.sql'), 'utf8');
  const views = VIEWS.map((name) => {
    const view = new RegExp(`CREATE VIEW ${name} AS.*?;`, 's').exec(text)?.[0];
    if (view === undefined) throw new Error(`0001 has no view ${name}`);
    return view
      .replace('CREATE VIEW ', 'CREATE VIEW before.')
      .replace('FROM current_positions', 'FROM before.current_positions')
      .replace('slot DESC, kafka_offset', 'slot DESC, ordinal DESC, kafka_offset');
  });
  return ['CREATE SCHEMA before', ...views].join(';\n');
}

/** Rows that differ between the rollup and its rebuild, and between each view and its definition over the whole history. */
export const ROLLUP_DIFFERENCES = [
  ['position_days', 'position_days_from_history'],
  ...VIEWS.map((name) => [name, `before.${name}`]),
]
  .map(
    ([actual, expected]) => `
      SELECT '${actual}' AS relation, 'surplus' AS what, row_to_json(d)::text AS row
      FROM (TABLE ${actual} EXCEPT ALL TABLE ${expected}) d
      UNION ALL
      SELECT '${actual}', 'missing', row_to_json(d)::text FROM (TABLE ${expected} EXCEPT ALL TABLE ${actual}) d`,
  )
  .join(' UNION ALL ');
