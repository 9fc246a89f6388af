import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explainTrace, failuresOf, formatSuspects } from '../../../../connectors/wait/failure.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import { positions } from '../../../support/positions-stream.ts';

// Traces of a real worker (Connect 4.3.1, Debezium 3.6.0, Apicurio converter 2.6.13, PostgreSQL 18).
const explain = (name: string) =>
  explainTrace(readFileSync(join(packageRoot(), 'test/fixtures/traces', `${name}.txt`), 'utf8'), positions);

test.each([
  [
    'missing-column',
    /^SQLException: Cannot ALTER table 'public.positions' because field 'mark_price'/,
    /connect migrate up/,
  ],
  ['missing-table', /^SQLException: Could not find table: public.nowhere$/, /connect migrate up/],
  ['no-unique-index', /^PSQLException: there is no unique or exclusion constraint/, /table\.key/],
  ['wrong-password', /^PSQLException: password authentication failed for user "perps"$/, /worker\.databasePassword/],
  ['no-password', /no password was provided/, /worker\.databasePassword/],
  ['no-database', /^PSQLException: database "nowhere" does not exist$/, /worker\.databaseUrl/],
  ['database-down', /^PSQLException: Connection to 127\.0\.0\.1:20509 refused/, /PostgreSQL answers/],
  ['registry-down', /^RestClientException \(the schema registry gave no usable answer\)$/, /registry answers/],
  ['no-magic-byte', /magic byte of registered Avro\)$/, /nothing is lost/],
  ['unknown-schema-id', /^ContentNotFoundException: No content with ID '987654'/, /registry/],
  ['truncated-value', /^EOFException \(the value is not what its schema says\)$/, /nothing is lost/],
  ['value-too-long-alone', /^PSQLException: value too long for type character varying\(20\)$/, /nothing is lost/],
  ['smallint-out-of-range', /^PSQLException: smallint out of range$/, /nothing is lost/],
])('%s is told by its innermost cause, with what to do', (name, cause, hint) => {
  const failure = explain(name);
  expect(failure.cause).toMatch(cause);
  expect(failure.hint).toMatch(hint);
  expect(failure.cause).not.toMatch(/\n|\bat |org\.|java\./);
});

test.each([
  ['broken-off', 'database', /^PSQLException: This connection has been closed\. \(PostgreSQL went away/],
  ['not-yet-accepting', 'database', /^PSQLException: the database system is not yet accepting connections/],
  ['no-slot', 'database', /^PSQLException: remaining connection slots are reserved/],
  ['too-many-connections', 'database', /^PSQLException: too many connections for role "perps"$/],
  ['no-primary', 'database', /^PSQLException: Could not find a server .* \(none of the servers/],
  ['frozen-database', 'database', /^PSQLException: Connection attempt timed out\.$/],
  ['database-down', 'database', /refused/],
  ['read-only', 'database', /^PSQLException: cannot execute INSERT in a read-only transaction$/],
  ['lock-timeout', 'database', /^PSQLException: canceling statement due to lock timeout$/],
  ['statement-timeout', 'database', /^PSQLException: canceling statement due to statement timeout$/],
  ['deadlock', 'database', /^PSQLException: deadlock detected/],
  ['serialization', 'database', /^PSQLException: could not serialize access due to concurrent update$/],
  ['disk-full', 'database', /No space left on device Hint: Check free disk space\. \(PostgreSQL has no room left\)$/],
  ['registry-down', 'registry', /the schema registry gave no usable answer/],
  ['registry-unavailable', 'registry', /^RestClientException: Service Unavailable/],
  ['registry-reset', 'registry', /^RestClientException: HTTP\/1\.1 header parser received no bytes/],
  ['registry-bad-gateway', 'registry', /^RestClientException: Unexpected character/],
])('%s is the fault of a part that may come back: %s', (name, fault, cause) => {
  expect(explain(name)).toMatchObject({ fault, passes: true, cause: expect.stringMatching(cause) });
});

test.each([
  ['no-login', 'database'],
  ['wrong-password', 'database'],
  ['missing-table', 'database'],
  ['registry-login', 'registry'],
])('%s is the fault of a part that does not mend itself: %s', (name, fault) => {
  expect(explain(name)).toMatchObject({ fault, passes: undefined });
});

test('a hint names the command that cures: for a dropped column another than for a pending migration', () => {
  const { hint } = explain('missing-column');
  expect(hint).toMatch(
    /pending, `connect migrate up`, then `connect restart --failed`\. A column that was dropped .* new migration/,
  );
  expect(explain('registry-down').hint).toContain('`connect restart --failed`');
  expect(explain('wrong-password').hint).toContain('`connect deploy`');
});

test('a failed statement of one row names its record', () => {
  expect(formatSuspects(explain('value-too-long-alone').suspects)).toBe('positions-0@0');
});

test('a failed statement of several rows names the records it can be', () => {
  const { suspects } = explain('value-too-long-in-a-statement');
  expect(suspects.map(({ offset }) => offset).sort()).toEqual([0n, 1n, 2n, 3n]);
  expect(formatSuspects(suspects)).toBe('one of 4 records, positions-2@0…3');
});

test('a trace that names its record is believed', () => {
  const byConnect =
    "x: Error converting message value in topic 'positions' partition 3 at offset 81244 and timestamp 1:";
  expect(formatSuspects(explainTrace(byConnect, positions).suspects)).toBe('positions-3@81244');
  const byKafka = 'y: Error deserializing key/value for partition positions-eu-3 at offset 7. If needed';
  expect(formatSuspects(explainTrace(byKafka, positions).suspects)).toBe('positions-eu-3@7');
});

test('values that look like trace columns are no records', () => {
  const trace = [
    'a.B: outer',
    "Caused by: java.sql.BatchUpdateException: Batch entry 0 INSERT INTO t (a) VALUES (('x'),('1'::int4),('2'::int8)) was aborted",
  ].join('\n');
  expect(explainTrace(trace, positions).suspects).toEqual([]);
});

test('detail and hint of PostgreSQL belong to the cause without the values of the row, the place in the statement does not', () => {
  const trace = [
    'org.apache.kafka.connect.errors.ConnectException: outer',
    '\tat a.b.C(C.java:1)',
    'Caused by: org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "u"',
    '  Detail: Key (a)=(1) already exists.',
    '  Position: 12',
    '\tat a.b.D(D.java:1)',
    '\t... 3 more',
  ].join('\n');
  expect(explainTrace(trace, positions).cause).toBe(
    'PSQLException: duplicate key value violates unique constraint "u" Detail: Key (a)=(…',
  );
});

test('a trace without a word and one without an end are both told', () => {
  expect(explainTrace('', positions).cause).toBe('no reason given; see the log of the worker');
  expect(explainTrace(`java.lang.Exception: ${'x'.repeat(10_000)}`, positions).cause.length).toBeLessThan(700);
});

test('the connector and its tasks fail apart', () => {
  const failures = failuresOf(
    {
      state: 'FAILED',
      worker: 'w1',
      trace: 'a.B: no start',
      tasks: [
        { id: 0, state: 'RUNNING', worker: 'w1' },
        { id: 1, state: 'FAILED', worker: 'w2', trace: 'c.D: no run' },
      ],
    },
    positions,
  );
  expect(failures).toMatchObject([
    { worker: 'w1', cause: 'a.B: no start' },
    { task: 1, worker: 'w2', cause: 'c.D: no run' },
  ]);
});
