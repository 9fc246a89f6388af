import type { Environment } from '../../pipeline/types.ts';
import type { Catalog, Relation } from '../catalog.ts';
import { type Contract, shortName, sqlAt, sqlPlace } from '../contract.ts';
import { functionsFor, writtenRelations } from '../guards.ts';
import type { LiveDatabase } from '../live-database.ts';
import { urlParameters } from '../rendered-sink.ts';
import type { BrokenRule } from '../rule.ts';
import { sessionHarm, sessionOptions } from '../session-settings.ts';
import type { SinkRole } from '../sink-role.ts';

/** The parts of a relation that decide what becomes of a row. */
const PARTS: Readonly<Record<string, (relation: Relation) => readonly { readonly name: string }[]>> = {
  trigger: ({ triggers }) => triggers,
  rule: ({ rules }) => rules,
  policy: ({ policies }) => policies,
  'exclusion constraint': ({ exclusions }) => exclusions,
};

/** What in a database becomes of rows otherwise than the files say. */
export function* writeDrift(
  contract: Contract,
  { worker }: Pick<Environment, 'worker'>,
  { catalog, roles }: LiveDatabase,
  where: string,
): Generator<BrokenRule> {
  const role = roles.get(contract.stream.name);
  yield* guardDrift(contract, catalog, where);
  if (role !== undefined) yield* roleDrift(contract, worker.databaseUrl, role, where);
}

const REMEDY = 'undo by hand what was done by hand, or make it by a migration, where `connect check` judges it';

/** How the triggers, functions, rules and policies of a database differ from those that the migrations make. */
function* guardDrift(contract: Contract, live: Catalog, where: string): Generator<BrokenRule> {
  const { stream, migrated } = contract;
  for (const wanted of writtenRelations(stream, migrated.catalog)) {
    const running = live.relations[wanted.name];
    if (running === undefined) {
      if (wanted.name === stream.table.name) continue;
      const message = `table ${shortName(wanted.name)} is not in ${where}`;
      yield { rule: 'DRIFT_TABLE', ...sqlAt(contract, wanted.name), message, remedy: REMEDY };
      continue;
    }
    const own = shortName(wanted.name);
    const broken = (what: string, name: string, how: string): BrokenRule => ({
      rule: 'DRIFT_TRIGGER',
      ...sqlAt(contract, wanted.name, `${what}.${name}`),
      path: `${own}.${name}`,
      message: `${what} ${name} of ${own} ${how}`,
      remedy: REMEDY,
    });
    for (const [what, of] of Object.entries(PARTS)) {
      for (const part of of(wanted)) {
        const found = of(running).find(({ name }) => name === part.name);
        if (found === undefined) yield broken(what, part.name, `is not in ${where}`);
        else if (JSON.stringify(found) !== JSON.stringify(part)) {
          const off = 'enabled' in found && found.enabled === false && 'enabled' in part && part.enabled === true;
          yield broken(what, part.name, off ? `is disabled in ${where}` : `is another one in ${where}`);
        }
      }
      for (const { name } of of(running)) {
        if (of(wanted).every((part) => part.name !== name)) {
          yield broken(what, name, `is in ${where}, and no migration makes it`);
        }
      }
    }
    if (running.rowSecurity !== wanted.rowSecurity) {
      const message = `row security of ${own} is ${running.rowSecurity} in ${where}, the migrations leave it ${wanted.rowSecurity}`;
      yield { rule: 'DRIFT_TRIGGER', ...sqlAt(contract, wanted.name), message, remedy: REMEDY };
    }
  }
  for (const [signature] of functionsFor(stream, migrated.catalog)) {
    const [wanted, running] = [migrated.catalog.functions[signature], live.functions[signature]];
    if (wanted === undefined || running === wanted) continue;
    const name = shortName(signature).replace(/\(.*/, '');
    yield {
      rule: 'DRIFT_TRIGGER',
      path: name,
      places: [sqlPlace(contract, `function.${signature}`)],
      message: `function ${name} ${running === undefined ? `is not in ${where}` : `is another one in ${where}`}`,
      remedy: REMEDY,
    };
  }
}

/** What keeps the sink's role from writing, or makes its sessions drop, refuse or lose rows. */
export function* roleDrift(
  { definition, stream }: Pick<Contract, 'definition' | 'stream'>,
  url: string,
  role: SinkRole,
  where: string,
): Generator<BrokenRule> {
  const at = (what: string) =>
    ({ path: `${stream.sink.name}.${what}`, places: [definition.placeOf(['table', 'name'])] }) as const;
  if (!role.exists) {
    const message = `the sink writes as ${role.name}, and ${where} has no such role`;
    yield { rule: 'DRIFT_PRIVILEGE', ...at(role.name), message, remedy: 'create it, or correct worker.databaseUser' };
  }
  for (const { object, privilege } of role.lacks) {
    const message = `${role.name}, as which the sink writes, lacks ${privilege} on ${object} in ${where}`;
    const remedy = `GRANT ${privilege} ON ${object} TO ${role.name}`;
    yield { rule: 'DRIFT_PRIVILEGE', ...at(`${object}.${privilege}`), message, remedy };
  }
  if (role.standby) {
    const remedy = 'let environment and worker name the primary';
    yield { rule: 'DRIFT_SESSION', ...at('standby'), message: `${where} is a standby: it takes no writes`, remedy };
  }
  // What the URL sets wins, and a rule of its own judges it.
  const { settings } = sessionOptions(urlParameters(url).get('options') ?? '');
  const set = new Set(settings.map(([name]) => name.toLowerCase()));
  for (const { name, value, by } of role.settings) {
    const how = set.has(name) ? undefined : sessionHarm(name, value);
    if (how === undefined) continue;
    yield {
      rule: 'DRIFT_SESSION',
      ...at(name),
      message: `${by} of ${where} sets ${name}=${value}, which ${how}`,
      remedy: `ALTER ROLE ${role.name} SET ${name} to a value that does no harm`,
      allowedAs: { kind: 'session', name },
    };
  }
}
