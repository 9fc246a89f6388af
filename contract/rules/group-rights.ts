import { type Contract, shortName, sqlAt } from '../contract.ts';
import { neededPrivileges, writtenRelations } from '../guards.ts';
import type { Rule } from '../rule.ts';
import { OF_DELIVERIES } from '../sink-role.ts';

const ofDeliveries = new RegExp(OF_DELIVERIES);

/** The views and tables that the definition names beside its table. */
const derivedOf = ({ stream: { table } }: Contract): string[] =>
  [table.current?.view, table.fold?.table, table.fold?.source].filter((one) => one !== undefined);

/** The call that gives everything that the definition names its rights. */
function grantOf(contract: Contract): string {
  const derived = derivedOf(contract);
  const more = derived.length === 0 ? '' : `, '{${derived.join(', ')}}'`;
  return `SELECT grant_stream_rights('${contract.stream.table.name}'${more}) by a migration`;
}

const sinkRights: Rule = {
  id: 'SINK_RIGHTS',
  what: "Where the migrations make group roles, that of sinks may SELECT, INSERT and UPDATE the table and use its sequences; what keeps the rollup runs with its owner's rights.",
  why: 'PostgreSQL refuses every row of a sink that has no more than its rights (SQLSTATE 42501).',
  *check(contract) {
    const { stream, migrated } = contract;
    const { rights } = migrated;
    if (rights === undefined) return;
    const relations = writtenRelations(stream, migrated.catalog);
    const lent = relations
      .flatMap((relation) => relation.triggers)
      .filter(({ onWrites, enabled }) => onWrites && enabled)
      .filter((one) => !rights.asOwner.includes(one.function) && !ofDeliveries.test(shortName(one.function)));
    for (const relation of relations) {
      const isTable = relation.name === stream.table.name;
      if (!isTable && lent.length === 0) continue;
      const needed = [...neededPrivileges(relation.name, stream), ...(isTable ? ['USAGE'] : [])];
      const lacks = needed.filter((one) => rights.sink[relation.name]?.includes(one) !== true);
      if (lacks.length === 0) continue;
      const own = shortName(relation.name);
      if (isTable) {
        yield {
          ...sqlAt(contract, relation.name),
          message: `the group role of sinks lacks ${lacks.map((one) => (one === 'USAGE' ? 'USAGE of the sequences' : one)).join(', ')} on ${own}`,
          remedy: grantOf(contract),
        };
      } else {
        const functions = [...new Set(lent.map((trigger) => trigger.function))].map(shortName).join(', ');
        yield {
          ...sqlAt(contract, relation.name),
          message: `${functions} keeps ${own} with the rights of whoever writes, and the group role of sinks lacks ${lacks.join(', ')} on it`,
          remedy: `ALTER FUNCTION ${functions} SECURITY DEFINER SET search_path = pg_catalog, pg_temp by a migration`,
        };
      }
    }
  },
};

const readerRights: Rule = {
  id: 'READER_RIGHTS',
  what: 'Where the migrations make group roles, that of readers may SELECT the table and each view and table that the definition names.',
  why: 'PostgreSQL refuses `connect verify`, `status` and `watch`, where they log in as a reader.',
  *check(contract) {
    const { stream, migrated } = contract;
    const { rights } = migrated;
    if (rights === undefined) return;
    for (const name of [stream.table.name, ...derivedOf(contract)]) {
      if (migrated.catalog.relations[name] === undefined || rights.reader[name]?.includes('SELECT')) continue;
      yield {
        ...sqlAt(contract, name),
        message: `the group role of readers lacks SELECT on ${shortName(name)}`,
        remedy: grantOf(contract),
      };
    }
  },
};

/** What the group roles of a database may do after its migrations. */
export const groupRightRules = [sinkRights, readerRights];
