import { shortName, sqlAt, sqlPlace } from '../contract.ts';
import { functionsFor, guardsFor, neededPrivileges } from '../guards.ts';
import { type Rule, writtenRelationRule } from '../rule.ts';

const rowConstraint = writtenRelationRule({
  id: 'ROW_CONSTRAINT',
  what: 'The table has no exclusion constraint and no column of a domain that refuses values; its rollup has no CHECK, foreign key or exclusion constraint.',
  why: 'PostgreSQL refuses a row that the producer let pass, or the commit that writes the rollup, and the task fails.',
  *check({ name, columns, checks, foreignKeys, exclusions }, contract) {
    const own = shortName(name);
    const ofRollup = name === contract.stream.table.name ? [] : [...checks, ...foreignKeys];
    for (const constraint of [...exclusions, ...ofRollup]) {
      yield {
        ...sqlAt(contract, name, constraint.name),
        message: `constraint ${constraint.name} of ${own} (${constraint.columns.join(', ')}) refuses rows that the producer lets pass`,
        remedy: 'drop it by a migration',
      };
    }
    for (const column of columns.filter(({ constrainedDomain }) => constrainedDomain)) {
      yield {
        ...sqlAt(contract, name, column.name),
        message: `column ${own}.${column.name} is of the domain ${column.type.text}, which refuses values by itself`,
        remedy: 'make it a plain type by a migration; limits belong into the Avro schema and a CHECK',
      };
    }
  },
});

const COPY = 'bring it back by a migration, as the newest migration of this package that has it makes it';

const tableTrigger = writtenRelationRule({
  id: 'TABLE_TRIGGER',
  what: 'The triggers of the table and of its rollup are those that this package makes: all that it needs, as it makes them, enabled, and no other.',
  why: 'An older delivery replaces a newer one, or the views no longer follow the history; another trigger can drop, change or refuse any row.',
  *check(relation, contract) {
    const { stream, migrated } = contract;
    const own = shortName(relation.name);
    const guards = guardsFor(relation, stream);
    const broken = (name: string, how: string, remedy: string, table = own) => ({
      ...sqlAt(contract, relation.name, `trigger.${name}`),
      path: `${table}.${name}`,
      message: `trigger ${name} of ${table} ${how}`,
      remedy,
      allowedAs: { kind: 'trigger', name } as const,
    });
    for (const { name, definition, enabled, onWrites, partition } of relation.triggers) {
      const table = partition === null ? own : shortName(partition);
      const guard = guards.find((one) => one.name === name);
      if (guard === undefined) {
        // The sink deletes nothing; the rollup does.
        const isIdle = !enabled || (!onWrites && relation.name === stream.table.name);
        if (isIdle) continue;
        const how = "is none of this package's: it can drop, change or refuse a row";
        yield broken(name, how, 'drop it by a migration', table);
      } else if (partition === null && guard.definition !== definition) {
        yield broken(name, `is not the one that this package makes: ${definition}`, COPY);
      } else if (!enabled) {
        const remedy = `ALTER TABLE ${table} ENABLE TRIGGER ${name} by a migration`;
        yield broken(name, 'does not fire: it is disabled', remedy, table);
      }
    }
    for (const { name, needed } of guards) {
      if (!needed || relation.triggers.some((trigger) => trigger.name === name)) continue;
      const dropped = migrated.dropped[`${relation.name}.trigger.${name}`];
      const finding = broken(name, 'is missing', COPY);
      yield dropped === undefined ? finding : { ...finding, places: [dropped, ...finding.places] };
    }
  },
});

const tableFunction: Rule = {
  id: 'TABLE_FUNCTION',
  what: "The functions of this package that the table's triggers and the rollup call are there, as its newest migrations make them.",
  why: 'An older or changed body drops corrections, keeps older deliveries, or computes another rollup than the one that `verify` expects.',
  *check(contract) {
    const { stream, migrated } = contract;
    for (const [signature, hash] of functionsFor(stream, migrated.catalog)) {
      const found = migrated.catalog.functions[signature];
      if (found === hash) continue;
      const name = shortName(signature).replace(/\(.*/, '');
      const made = migrated.places[`function.${signature}`] ?? migrated.dropped[`function.${signature}`];
      yield {
        path: name,
        places: [made ?? sqlPlace(contract, stream.table.name)],
        message:
          found === undefined
            ? `function ${name} is missing`
            : `function ${name} is not what this package's newest migrations make of it`,
        remedy:
          "`connect upgrade` brings the migration, where the project is of an earlier version; else bring it back by one. A project's own column belongs into it, and then it is allowed by name",
        allowedAs: { kind: 'function', name },
      };
    }
  },
};

const rewriteRule = writtenRelationRule({
  id: 'TABLE_RULE',
  what: 'No rewrite rule of the table or of its rollup changes what an INSERT or UPDATE does.',
  why: 'PostgreSQL refuses ON CONFLICT on such a table, and every task fails; or, with DO INSTEAD NOTHING, rows go nowhere, without an error.',
  *check(relation, contract) {
    const own = shortName(relation.name);
    for (const { name, enabled, onWrites } of relation.rules) {
      if (!enabled || (!onWrites && relation.name === contract.stream.table.name)) continue;
      yield {
        ...sqlAt(contract, relation.name, `rule.${name}`),
        path: `${own}.${name}`,
        message: `rule ${name} of ${own} rewrites what is written`,
        remedy: 'drop it by a migration',
        allowedAs: { kind: 'rule', name },
      };
    }
  },
});

const rowSecurity = writtenRelationRule({
  id: 'ROW_SECURITY',
  what: 'Row security is off for the table and its rollup, or each of its policies is allowed by name.',
  why: 'PostgreSQL refuses rows that no policy lets through, or leaves them out of what triggers and views see.',
  *check(relation, contract) {
    if (relation.rowSecurity === 'off') return;
    const own = shortName(relation.name);
    if (relation.policies.length === 0) {
      yield {
        ...sqlAt(contract, relation.name),
        message: `row security is on for ${own}, and no policy lets a row through`,
        remedy: 'ALTER TABLE … DISABLE ROW LEVEL SECURITY by a migration',
      };
    }
    for (const { name } of relation.policies) {
      yield {
        ...sqlAt(contract, relation.name, `policy.${name}`),
        path: `${own}.${name}`,
        message: `policy ${name} of ${own} can refuse a row, or hide it`,
        remedy: 'disable row security, or drop the policy, by a migration',
        allowedAs: { kind: 'policy', name },
      };
    }
  },
});

const tablePrivilege = writtenRelationRule({
  id: 'TABLE_PRIVILEGE',
  what: 'No migration takes from the owner what the sink needs: SELECT, INSERT and UPDATE on the table, and DELETE as well on its rollup.',
  why: 'Triggers run with the rights of whoever writes: PostgreSQL refuses every row (SQLSTATE 42501).',
  *check(relation, contract) {
    const gone = neededPrivileges(relation.name, contract.stream).filter((one) => relation.ownerLacks.includes(one));
    if (gone.length === 0) return;
    yield {
      ...sqlAt(contract, relation.name),
      message: `the migrations take ${gone.join(', ')} on ${shortName(relation.name)} from its owner`,
      remedy: 'grant it again by a migration',
    };
  },
});

/** What fires, rewrites or refuses when a row is written, and when the rollup follows it. */
export const guardRules = [rowConstraint, tableTrigger, tableFunction, rewriteRule, rowSecurity, tablePrivilege];
