import { holdsReference } from '../../../core/reference.ts';
import { groupRoles } from '../../../pipeline/names.ts';
import type { Environment } from '../../../pipeline/types.ts';
import { type Check, type Diagnosis, ok, warning } from '../check.ts';

/** What a login may do beyond what it is for. */
interface Width {
  readonly is_super: boolean;
  /** It owns a table of a stream, or is a member of whoever does. */
  readonly is_owner: boolean;
  readonly in_owner_group: boolean;
  /** `DELETE ON public.positions`. */
  readonly rights: readonly string[];
  readonly creates: boolean;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const list = (texts: readonly string[]): string => `ARRAY[${texts.map(literal).join(', ')}]::text[]`;

/** No row where there is no such login. */
const widthSql = (login: string, owners: string, relations: readonly string[], excess: readonly string[]): string => `
  SELECT r.rolsuper AS is_super,
    EXISTS (SELECT FROM unnest(${list(relations)}) AS name JOIN pg_class c ON c.oid = to_regclass(name)
            WHERE pg_has_role(r.oid, c.relowner, 'MEMBER')) AS is_owner,
    EXISTS (SELECT FROM pg_roles g WHERE g.rolname = ${literal(owners)} AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS in_owner_group,
    ARRAY(SELECT privilege || ' ON ' || name FROM unnest(${list(relations)}) AS name, unnest(${list(excess)}) AS privilege
          WHERE has_table_privilege(r.oid, to_regclass(name), privilege)) AS rights,
    has_schema_privilege(r.oid, 'public', 'CREATE') AS creates
  FROM pg_roles r WHERE r.rolname = ${literal(login)}`;

/** What is too much, the widest alone, with the statement that ends it. */
function excessOf(
  login: string,
  { is_super, is_owner, in_owner_group, rights, creates }: Width,
  group: string,
  owners: string,
) {
  const own = `a login of its own: CREATE ROLE … LOGIN; GRANT "${group}" TO …`;
  if (is_super) return ['is a superuser', own] as const;
  if (is_owner) return ['owns the tables, or is a member of their owner', own] as const;
  if (in_owner_group) return [`is a member of ${owners}`, `REVOKE "${owners}" FROM "${login}"`] as const;
  if (rights.length > 0) {
    const revoked = rights.map((right) => `REVOKE ${right} FROM "${login}"`).join('; ');
    return [`may ${rights.join(', ')}`, `${revoked}; or from the role that gives it the right`] as const;
  }
  if (creates)
    return ['may create objects in the schema public', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'] as const;
  return undefined;
}

/** The logins of the environment that are to be narrow: what each is for, where it stands, what it needs not. */
function narrowLogins({ worker, database }: Environment) {
  const { sink, reader } = groupRoles(database);
  const ofSink = {
    login: worker.databaseUser,
    key: 'worker.databaseUser',
    what: 'the sink writes',
    group: sink,
    excess: ['DELETE', 'TRUNCATE'],
  };
  const ofReader = {
    login: database.reader?.user ?? '',
    key: 'database.reader',
    what: 'commands read',
    group: reader,
    excess: ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'],
  };
  return [ofSink, ofReader].filter(({ login }) => login !== '' && !holdsReference(login));
}

/** Nobody can do more with the login of the sink, or of whoever looks, than these are for. */
export const postgresRights: Check<'environment' | 'streams' | 'query'> = {
  name: 'postgres.rights',
  needs: ['postgres'],
  async run({ environment, streams, query }) {
    const relations = streams.flatMap(({ table }) => [
      table.name,
      ...(table.fold === undefined ? [] : [table.fold.table]),
    ]);
    const owners = groupRoles(environment.database).owner;
    const diagnoses: Diagnosis[] = [];
    for (const { login, key, what, group, excess } of narrowLogins(environment)) {
      const [width] = await query<Width>(widthSql(login, owners, relations, excess));
      if (width === undefined) continue;
      const [how, remedy] = excessOf(login, width, group, owners) ?? [];
      if (how === undefined || remedy === undefined) diagnoses.push(ok(login, `may do no more than ${group}`));
      else diagnoses.push(warning(login, `${login}, as which ${what} (${key}), ${how}`, remedy));
    }
    return diagnoses;
  },
};
