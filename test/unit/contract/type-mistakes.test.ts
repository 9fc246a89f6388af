import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunMigrations } from '../../../contract/catalog-cache.ts';
import { checkProject } from '../../../contract/check.ts';
import { runMigrations } from '../../../contract/migrated-catalog.ts';
import { packageRoot } from '../../../core/package-root.ts';
import type { Finding } from '../../../pipeline/finding.ts';
import { lineOf, mutatedProject } from '../../support/contract-fixture.ts';
import { PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { CARRIED_TYPES } from '../../support/types/matrix.ts';
import { avscOf, migrationOf, protoOf, typesDefinition } from '../../support/types/schema.ts';
import type { TypeCase } from '../../support/types/type-case.ts';

const AVSC = 'schemas/samples.avsc';
const SQL = 'migrations/9001_samples.sql';
const PROTO = 'schemas/samples.proto';

/** One change of one field, what finds it, a file whose line it names, and what it says. */
type Mistake = readonly [name: string, change: Partial<TypeCase>, rule: string, file: string, says: RegExp];

const array = (items: unknown) => ({ type: 'array', items });

const MISTAKES: readonly Mistake[] = [
  [
    'seen_us',
    { avro: { type: 'long', logicalType: 'timestamp-micros' } },
    'FIELD_TYPE',
    AVSC,
    /"connect\.name": "io\.debezium\.time\.MicroTimestamp"/,
  ],
  [
    'daily_us',
    { avro: { type: 'long', logicalType: 'time-micros' } },
    'FIELD_TYPE',
    AVSC,
    /"connect\.name": "io\.debezium\.time\.MicroTime"/,
  ],
  [
    'doc',
    { avro: { type: 'string', 'connect.name': 'my.Json' } },
    'FIELD_TYPE',
    AVSC,
    /connect\.name my\.Json, .*remove it/,
  ],
  ['doc', { avro: { type: 'record', name: 'D', fields: [] } }, 'FIELD_TYPE', AVSC, /row is flat; send it as JSON/],
  ['doc', { avro: { type: 'map', values: 'string' } }, 'FIELD_TYPE', AVSC, /row is flat; send it as JSON/],
  ['level', { avro: 'float' }, 'FIELD_TYPE', AVSC, /a float changes values; use double/],
  [
    'amount',
    { avro: { type: 'fixed', name: 'A', size: 16, logicalType: 'decimal', precision: 38, scale: 8 } },
    'FIELD_TYPE',
    AVSC,
    /decimal on fixed.*use bytes/,
  ],
  ['words', { avro: array('double') }, 'FIELD_TYPE', AVSC, /array of double.*JSON for jsonb/],
  ['words', { avro: array('bytes') }, 'FIELD_TYPE', AVSC, /array of bytes/],
  ['words', { avro: array({ type: 'int', logicalType: 'date' }) }, 'FIELD_TYPE', AVSC, /array of date/],
  ['words', { avro: array(array('string')) }, 'FIELD_TYPE', AVSC, /array of array/],
  ['label', { limits: { maxLength: 20, zone: 'UTC' } }, 'FIELD_TYPE', AVSC, /a zone and no timestamp/],
  ['seen_ms', { limits: { zone: 'CET' } }, 'FIELD_TYPE', AVSC, /a zone other than "UTC"/],
  ['flag', { limits: { maxLength: 4 } }, 'FIELD_LIMITS', AVSC, /maxLength means nothing on boolean/],
  ['seen_ms', { limits: { zone: 'UTC' } }, 'TIMESTAMP_ZONE', AVSC, /take "zone" out of the field/],
  ['zoned_us', { limits: {} }, 'TIMESTAMP_ZONE', AVSC, /give the field "zone": "UTC"/],
  [
    'doc',
    { avro: 'string' },
    'TYPE_FAMILY',
    AVSC,
    /give the field the type \{ "type": "string", "connect\.name": "io\.debezium\.data\.Json" \}/,
  ],
  ['ident', { avro: 'string' }, 'TYPE_FAMILY', AVSC, /"logicalType": "uuid"/],
  ['day', { avro: 'string' }, 'TYPE_FAMILY', AVSC, /"logicalType": "date"/],
  ['day', { avro: 'int' }, 'TYPE_FAMILY', AVSC, /"logicalType": "date"/],
  ['flag', { avro: 'int' }, 'TYPE_FAMILY', AVSC, /the type "boolean"/],
  ['raw', { avro: 'string' }, 'TYPE_FAMILY', AVSC, /the type "bytes"/],
  ['small', { limits: {} }, 'INTEGER_RANGE', AVSC, /-32768…32767/],
  ['smalls', { limits: {} }, 'INTEGER_RANGE', AVSC, /-32768…32767/],
  [
    'color',
    { avro: { type: 'enum', name: 'Color', symbols: ['Red', 'Green', 'Blue'] } },
    'ENUM_COLUMN',
    AVSC,
    /no "Blue"; .*ADD VALUE 'Blue'/,
  ],
  ['seen_us', { column: 'timestamp(3)' }, 'TIMESTAMP_PRECISION', SQL, /TIMESTAMP\(6\)/],
  ['daily_ms', { column: 'time(0)' }, 'TIMESTAMP_PRECISION', SQL, /TIME\(3\)/],
  ['daily_us', { column: 'timetz' }, 'TYPE_FAMILY', SQL, /no instant/],
  ['doc', { column: 'json' }, 'TYPE_FAMILY', SQL, /make it jsonb/],
  ['level', { column: 'real' }, 'TYPE_FAMILY', SQL, /double precision/],
  ['idents', { column: 'uuid[]' }, 'TYPE_FAMILY', SQL, /make the column varchar\[\] or text\[\]/],
  ['colors', { column: 'color[]' }, 'TYPE_FAMILY', SQL, /text\[\]/],
  ['longs', { column: 'integer[]' }, 'INTEGER_RANGE', SQL, /widen the column/],
  ['words', { column: 'varchar(10)[]' }, 'STRING_LENGTH', SQL, /"maxLength": 10/],
  ['wide', { column: 'numeric(900,500)' }, 'DECIMAL_PRECISION', SQL, /numeric\(1000,500\)/],
  ['amount', { column: 'numeric(38,6)' }, 'DECIMAL_SCALE', SQL, /scale must match/],
  ['amount', { proto: 'int64' }, 'PROTO_TYPE', PROTO, /only by its scale, which feed\.fields may say/],
  ['amount', { proto: 'double' }, 'PROTO_TYPE', PROTO, /cannot hold an amount exactly/],
  ['words', { proto: 'string' }, 'PROTO_TYPE', PROTO, /a single string does not become an array of string/],
  ['words', { proto: 'repeated SlotNotice' }, 'PROTO_TYPE', PROTO, /as JSON it becomes jsonb/],
  ['label', { proto: 'repeated string' }, 'PROTO_TYPE', PROTO, /a repeated field does not become one string/],
  ['day', { proto: 'int64' }, 'PROTO_TYPE', PROTO, /int64 does not become date/],
  ['seen_ms', { proto: 'int32' }, 'PROTO_TYPE', PROTO, /int64 \(milliseconds/],
  ['color', { proto: 'int32' }, 'PROTO_TYPE', PROTO, /an enum/],
];

let database: PGlite;
let cacheFolder: string;
beforeAll(async () => {
  database = await PGlite.create();
  cacheFolder = mkdtempSync(join(tmpdir(), 'perps-connect-catalogs-'));
}, PGLITE_TIMEOUT_MS);
afterAll(async () => {
  rmSync(cacheFolder, { recursive: true, force: true });
  await database.close();
});

const inOneDatabase: RunMigrations = async (scripts) => {
  await database.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
  const query = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;
  return runMigrations({ query, exec: (sql) => database.exec(sql) }, scripts);
};

async function check(
  cases: readonly TypeCase[],
): Promise<{ errors: Finding[]; line(file: string, text: string): number }> {
  const { root, remove } = mutatedProject([]);
  try {
    const files = {
      'connectors/samples.yaml': typesDefinition('x'),
      [AVSC]: avscOf(cases),
      [PROTO]: protoOf(cases),
      [SQL]: migrationOf(cases).replace(/SELECT grant_stream_rights.*/, ''),
    };
    for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
    const shared = join(root, 'schemas/feed.proto');
    if (!existsSync(shared)) copyFileSync(join(packageRoot(), 'schemas/feed.proto'), shared);
    const findings = await checkProject(root, {}, { only: ['samples'], cacheFolder, runMigrations: inOneDatabase });
    const texts = Object.keys(files);
    const lines = new Map(
      cases.flatMap(({ name }) =>
        texts.slice(1).map((file) => [`${file} ${name}`, lineOf(root, file, lineText(file, name))]),
      ),
    );
    return {
      errors: findings.filter(({ severity }) => severity === 'error'),
      line: (file, name) => lines.get(`${file} ${name}`) ?? 0,
    };
  } finally {
    remove();
  }
}

/** What only the field's own line in a file holds. */
const lineText = (file: string, name: string): string =>
  file === AVSC ? `{"name":"${name}",` : file === SQL ? `  ${name} ` : ` ${name} = `;

it('without a mistake there is nothing to find', async () => {
  expect((await check(CARRIED_TYPES)).errors).toEqual([]);
});

/** Mistakes in different fields are checked together: the n-th of each field in the n-th project. */
const ROUNDS = MISTAKES.map(([name], index) => MISTAKES.slice(0, index).filter(([other]) => other === name).length);
const checked = new Map<number, ReturnType<typeof check>>();

function checkRound(round: number): ReturnType<typeof check> {
  const mistakes = new Map(
    MISTAKES.filter((_mistake, index) => ROUNDS[index] === round).map(([name, change]) => [name, change]),
  );
  const result = checked.get(round) ?? check(CARRIED_TYPES.map((one) => ({ ...one, ...mistakes.get(one.name) })));
  checked.set(round, result);
  return result;
}

it.each(MISTAKES.map((mistake, index) => [...mistake, ROUNDS[index] as number] as const))(
  '%s as %j is caught: %s',
  async (name, _change, rule, file, says, round) => {
    const { errors, line } = await checkRound(round);
    const ofField = errors.filter(({ path }) => path.split('.').at(-1) === name);
    const [found, ...others] = ofField.filter((error) => error.rule === rule);
    expect(others).toEqual([]);
    const places = [`${found?.file}:${found?.line}`, found?.against];
    expect(places, JSON.stringify(ofField)).toContain(`${file}:${line(file, name)}`);
    expect(`${found?.message}; ${found?.remedy}`).toMatch(says);
  },
);
