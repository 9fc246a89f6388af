import type { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { postgresRights } from '../../../../../operate/doctor/checks/postgres-rights.ts';
import { openPglite, PGLITE_TIMEOUT_MS } from '../../../../support/pglite.ts';
import { positions, staging } from '../../../../support/positions-stream.ts';

let database: PGlite;
beforeAll(async () => {
  database = await openPglite();
  const { sink, reader } = { sink: `${staging.database.name}_sink`, reader: `${staging.database.name}_reader` };
  await database.exec(`
    CREATE ROLE dba; CREATE ROLE app LOGIN; CREATE ROLE viewer LOGIN;
    CREATE ROLE ${staging.database.name}_owner; CREATE ROLE ${sink}; CREATE ROLE ${reader};
    GRANT ${sink} TO app; GRANT ${reader} TO viewer; GRANT CREATE ON SCHEMA public TO dba; SET ROLE dba;
    CREATE TABLE positions (id int); CREATE TABLE position_days (id int); CREATE VIEW current_positions AS TABLE positions;
    GRANT SELECT, INSERT, UPDATE ON positions TO ${sink}; GRANT SELECT ON positions TO ${reader}; RESET ROLE`);
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());
beforeEach(() => database.exec('BEGIN'));
afterEach(() => database.exec('ROLLBACK'));

const reader = { user: 'viewer', password: `\${env:PERPS_VIEWER_PASSWORD}` };
const environment = { ...staging, database: { ...staging.database, reader } };
const diagnosesAfter = async (sql: string) => {
  await database.exec(sql);
  const query = async <Row extends object>(text: string) => (await database.query<Row>(text)).rows;
  const found = await postgresRights.run({ environment, streams: [positions], query });
  return found.map(({ verdict, subject, message, remedy }) => `${verdict} ${subject}: ${message}; ${remedy}`);
};

test('logins that are members of their groups are as they are to be', async () => {
  expect(await diagnosesAfter('SELECT 1')).toEqual([
    expect.stringMatching(/^ok app: may do no more than \w+_sink/),
    expect.stringMatching(/^ok viewer: may do no more than \w+_reader/),
  ]);
});

test.each([
  [
    'ALTER ROLE app SUPERUSER',
    /^warning app: .*\(worker\.databaseUser\), is a superuser; a login of its own: CREATE ROLE/,
  ],
  ['GRANT dba TO app', /^warning app: .*owns the tables, or is a member of their owner; .*GRANT "\w+_sink" TO/],
  [`GRANT ${staging.database.name}_owner TO app`, /is a member of \w+_owner; REVOKE "\w+_owner" FROM "app"/],
  [
    'GRANT DELETE, TRUNCATE ON positions TO app',
    /may DELETE ON public\.positions, TRUNCATE ON .*; REVOKE DELETE ON public\.positions FROM "app"/,
  ],
  [
    'GRANT CREATE ON SCHEMA public TO PUBLIC',
    /may create objects in the schema public; REVOKE CREATE ON SCHEMA public FROM PUBLIC/,
  ],
])('a sink that may do more is told with what ends it: %s', async (sql, told) => {
  expect((await diagnosesAfter(sql))[0]).toMatch(told);
});

test('a reader that may write is told', async () => {
  expect((await diagnosesAfter('GRANT UPDATE ON positions TO viewer'))[1]).toMatch(
    /^warning viewer: viewer, as which commands read \(database\.reader\), may UPDATE ON public\.positions; REVOKE/,
  );
});

test('of a login that the server does not have another check tells', async () => {
  expect(await diagnosesAfter('ALTER ROLE app RENAME TO nobody')).toHaveLength(1);
});
