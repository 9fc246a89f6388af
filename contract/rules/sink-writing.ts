import { listOf } from '../../core/properties.ts';
import type { ConverterFlavour } from '../../pipeline/types.ts';
import { addedColumns, selectedFields, urlParameters, writtenFields } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';

const oneTopic = sinkRule({
  id: 'ONE_TOPIC',
  what: "The sink reads the stream's topic and no other.",
  why: 'Records of another topic would be written into the same table, or fail the task.',
  *check({ config, at }, { stream }) {
    for (const [key, value] of [
      ['topics', config.topics ?? ''],
      ['topics.regex', config['topics.regex'] ?? ''],
    ] as const) {
      if (key === 'topics' ? value === stream.topic.name : value === '') continue;
      yield {
        ...at(key),
        message: `${key} ${value} is not the stream's topic ${stream.topic.name}`,
        remedy: 'remove the setting: it follows topic.name',
      };
    }
  },
});

const KEY = 'org.apache.kafka.connect.storage.StringConverter';

/** What decodes our records, by whose converter the environment has. Confluent's knows no other framing. */
const VALUE: Readonly<Record<ConverterFlavour, Readonly<Record<string, string>>>> = {
  apicurio: {
    'value.converter': 'io.apicurio.registry.utils.converter.AvroConverter',
    'value.converter.apicurio.registry.as-confluent': 'true',
    'value.converter.apicurio.registry.use-id': 'contentId',
  },
  confluent: { 'value.converter': 'io.confluent.connect.avro.AvroConverter' },
};

const converters = sinkRule({
  id: 'CONVERTERS',
  what: "Values go through the environment's Avro converter in Confluent's framing by content id, keys through the string converter.",
  why: 'Another converter or framing decodes no record: every task fails on its first one.',
  *check({ config, environment, at }) {
    const wanted = { 'key.converter': KEY, ...VALUE[environment.worker.converter ?? 'apicurio'] };
    for (const [key, value] of Object.entries(wanted)) {
      const actual = config[key];
      if (actual === value) continue;
      yield {
        ...at(key),
        message: `${key} is ${actual ?? 'unset'}, not ${value}`,
        remedy: 'leave it to this package',
      };
    }
  },
});

const upsertMode = sinkRule({
  id: 'UPSERT_MODE',
  what: "The sink upserts by columns of the record's value: insert.mode upsert, primary.key.mode record_value, primary.key.fields the upsert key.",
  why: 'Delivery is at least once: with plain inserts a second delivery violates the unique index and fails the task, or adds a row.',
  *check({ config, at }, { stream }) {
    const wanted: Readonly<Record<string, string>> = {
      'insert.mode': 'upsert',
      'primary.key.mode': 'record_value',
      'primary.key.fields': stream.table.key.join(','),
    };
    for (const [key, value] of Object.entries(wanted)) {
      const actual = config[key] ?? '';
      if (listOf(actual).sort().join() === listOf(value).sort().join()) continue;
      yield {
        ...at(key),
        message: `${key} is ${actual || 'unset'}, not ${value}`,
        remedy: 'leave it to this package: it follows table.key',
      };
    }
  },
});

const tableNameFormat = sinkRule({
  id: 'TABLE_NAME_FORMAT',
  what: 'collection.name.format is the schema-qualified table of the definition, and no other setting names another.',
  why: 'Unqualified, the sink looks for the table on the search path and does not find it, or finds another.',
  *check({ config, at }, { stream }) {
    for (const key of ['collection.name.format', 'table.name.format', 'collection.table.format'] as const) {
      const value = config[key];
      if (value === undefined ? key !== 'collection.name.format' : value === stream.table.name) continue;
      yield {
        ...at(key),
        message: `${key} ${value ?? '(unset)'} is not the table ${stream.table.name}`,
        remedy: 'leave it to this package: it follows table.name',
      };
    }
  },
});

/** Stands for a field that somebody registers tomorrow. */
const TOMORROW = 'a field registered tomorrow';

const writtenFieldsRule = sinkRule({
  id: 'WRITTEN_FIELDS',
  what: 'The transforms hand the sink every Avro field that is not omitted and every column Connect adds, and nothing else; field.include.list and field.exclude.list are not set.',
  why: "A field that is cut off is not written, without an error; one that is not may fail the task tomorrow, because the table lacks it. The sink's own lists cost it more time than all the rest of its work.",
  *check({ config, connector, placeOf }, { schema, written: fieldsToWrite }) {
    const fields = schema.fields.map(({ name }) => name);
    const wanted = fieldsToWrite.map(({ name }) => name);
    const written = writtenFields(config, [...fields, TOMORROW]);
    const cut = [...wanted, ...addedColumns(config).keys()].filter((name) => !written.has(name));
    const include = Object.keys(config).find((name) => /^transforms\..*\.include$/.test(name));
    const key = selectedFields(config).length === 0 ? 'transforms' : (include ?? 'transforms');
    const at = (setting: string) => ({
      path: `${connector}.${setting}`,
      places: [placeOf(setting), schema.place] as const,
    });
    if (written.has(TOMORROW)) {
      yield {
        ...at(key),
        message: 'no transform selects the fields: every field of a record is written, also one registered tomorrow',
        remedy: 'keep the transform `only` that this package sets, before your own',
      };
    } else if (cut.length > 0) {
      yield {
        ...at(key),
        message: `the transforms cut off ${cut.join(', ')}: ${cut.length === 1 ? 'its values' : 'their values'} would not be written`,
        remedy: 'leave the selection to this package; a field that is not to be written belongs into sink.omit',
      };
    }
    const stale = selectedFields(config).filter((name) => !wanted.includes(name) && !addedColumns(config).has(name));
    if (stale.length > 0) {
      yield {
        ...at(key),
        message: `the transforms select ${stale.join(', ')}, which is no field of ${schema.name} that is to be written`,
        remedy: 'leave the selection to this package',
      };
    }
    for (const list of ['field.include.list', 'field.exclude.list'].filter((name) => (config[name] ?? '') !== '')) {
      yield {
        ...at(list),
        message: `${list} is set: the sink takes its items apart again for every field of every record, at twice the cost of all else it does`,
        remedy: 'remove it; sink.omit leaves fields out at no cost',
      };
    }
  },
});

const tableOwnership = sinkRule({
  id: 'TABLE_OWNERSHIP',
  what: 'The sink neither alters the table nor deletes from it: schema.evolution none, delete.enabled and truncate.enabled off.',
  why: 'Migrations own the schema, and the table is a history: a tombstone would delete rows for good.',
  *check({ config, at }) {
    const wanted: Readonly<Record<string, { readonly value: string; readonly does: string }>> = {
      'schema.evolution': { value: 'none', does: 'lets the sink add columns that no migration knows' },
      'delete.enabled': { value: 'false', does: 'lets a tombstone delete rows of the history' },
      'truncate.enabled': { value: 'false', does: 'lets an event empty the table' },
    };
    for (const [key, { value, does }] of Object.entries(wanted)) {
      const actual = config[key]?.toLowerCase() ?? value;
      if (actual === value) continue;
      yield {
        ...at(key),
        message: `${key} ${actual} ${does}`,
        remedy: `leave it ${value}`,
      };
    }
  },
});

const namingStrategy = sinkRule({
  id: 'NAMING_STRATEGY',
  what: 'Names reach PostgreSQL as they are: by the default naming strategies.',
  why: 'The sink would look for columns or tables under other names and fail.',
  *check({ config, at }) {
    const DEFAULT = /\.Default(Column|Collection)NamingStrategy$/;
    for (const key of ['column.naming.strategy', 'collection.naming.strategy', 'table.naming.strategy']) {
      const value = config[key];
      if (value === undefined || DEFAULT.test(value)) continue;
      yield {
        ...at(key),
        message: `${key} ${value} changes the names the sink looks for`,
        remedy: 'remove the setting: field names are column names',
      };
    }
  },
});

const unnest = sinkRule({
  id: 'UNNEST',
  what: 'dialect.postgres.unnest.insert.enabled is off.',
  why: "UNNEST drops milliseconds and shifts times by the worker's zone, without an error.",
  *check({ config, at }) {
    if (config['dialect.postgres.unnest.insert.enabled']?.toLowerCase() !== 'true') return;
    yield {
      ...at('dialect.postgres.unnest.insert.enabled'),
      message: 'UNNEST inserts are on: times lose their milliseconds and are shifted, silently',
      remedy: 'remove the setting; reWriteBatchedInserts with use.reduction.buffer is the fast way that is right',
    };
  },
});

const rewriteAndReduction = sinkRule({
  id: 'REWRITE_AND_REDUCTION',
  what: 'reWriteBatchedInserts in the JDBC URL and use.reduction.buffer are both on or both off.',
  why: 'Rewriting alone fails the task with SQLSTATE 21000 when two records of one key meet in a statement; the buffer alone reorders rows for nothing.',
  *check({ config, connector, placeOf }) {
    const rewrite = urlParameters(config['connection.url'] ?? '').get('reWriteBatchedInserts') === 'true';
    const buffer = config['use.reduction.buffer'] === 'true';
    if (rewrite === buffer) return;
    yield {
      path: `${connector}.use.reduction.buffer`,
      places: rewrite
        ? [placeOf('use.reduction.buffer'), placeOf('connection.url')]
        : [placeOf('connection.url'), placeOf('use.reduction.buffer')],
      message: rewrite
        ? 'reWriteBatchedInserts is on without use.reduction.buffer: two records of one key in a batch stop the task'
        : 'use.reduction.buffer is on without reWriteBatchedInserts: rows are reordered and nothing is gained',
      remedy: 'leave both to this package, or switch both off',
    };
  },
});

/** What the sink reads, and how it writes it into the table. */
export const sinkWritingRules = [
  oneTopic,
  converters,
  upsertMode,
  tableNameFormat,
  writtenFieldsRule,
  tableOwnership,
  namingStrategy,
  unnest,
  rewriteAndReduction,
];
