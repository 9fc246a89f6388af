import { columnOf, type Relation, type UniqueIndex } from '../catalog.ts';
import { type Contract, shortName, sqlAt, sqlPlace } from '../contract.ts';
import { formerKeys } from '../key-index.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import { type Rule, tableRule } from '../rule.ts';

const upsertKeyIndex = tableRule({
  id: 'UPSERT_KEY_INDEX',
  what: 'The upsert key is the columns of one unique index: whole, not deferrable, valid.',
  why: 'ON CONFLICT finds no index to arbitrate with (SQLSTATE 42P10), and the task fails on the first record.',
  *check(table, contract) {
    const { stream, migrated, definition } = contract;
    const key = stream.table.key;
    const same = table.uniqueIndexes.filter(
      ({ columns }) => columns.length === key.length && key.every((column) => columns.includes(column)),
    );
    if (same.some((index) => flaw(index) === undefined)) return;
    const [flawed] = same;
    const places = Object.entries(migrated.dropped)
      .filter(([name]) => name.startsWith(`${table.name}.`) && name.split('.').length === 3)
      .map(([, place]) => place);
    const there = table.uniqueIndexes.filter(({ columns }) => !columns.includes(null));
    yield {
      path: `${shortName(table.name)} (${key.join(', ')})`,
      places: [
        definition.placeOf(['table', 'key']),
        ...(flawed === undefined ? there.map(({ name }) => sqlPlace(contract, table.name, name)) : []),
        ...(flawed === undefined ? places : [sqlPlace(contract, table.name, flawed.name)]),
      ],
      message:
        flawed === undefined
          ? `table.key (${key.join(', ')}) is no unique index of ${shortName(table.name)}; there are ${
              there.map(({ name, columns }) => `${name} (${columns.join(', ')})`).join(', ') || 'none'
            }`
          : `table.key (${key.join(', ')}): unique index ${flawed.name} ${flaw(flawed)}`,
      remedy: `${flawed === undefined && canTurnOver(contract, table) ? `\`connect key migration ${stream.name}\` writes the migration` : `add a migration with CREATE UNIQUE INDEX … ON ${shortName(table.name)} (${key.join(', ')})`}, or name the columns of an index there is`,
    };
  },
});

/** Whether `connect key migration` knows which index leaves for the new one. */
const canTurnOver = ({ stream, written }: Contract, table: Relation): boolean =>
  table.partitions === null &&
  stream.table.partition === undefined &&
  formerKeys(table, stream.table.key, new Set(written.map(({ name }) => name))).length === 1;

function flaw({ partial, deferrable, valid }: UniqueIndex): string | undefined {
  if (partial) return 'covers some rows only (it has a WHERE)';
  if (deferrable) return 'is deferrable, which ON CONFLICT cannot use';
  return valid ? undefined : 'is not valid: its build has not ended';
}

const upsertKeyNull = tableRule({
  id: 'UPSERT_KEY_NULL',
  what: 'Every column of the upsert key is NOT NULL.',
  why: 'NULLs are never equal, so a redelivered record with one becomes a second row.',
  *check(table, contract) {
    const { stream, schema, definition } = contract;
    for (const [index, name] of stream.table.key.entries()) {
      if (columnOf(table, name)?.nullable !== true) continue;
      const field = fieldOf(schema, name);
      const keyPlace = definition.placeOf(['table', 'key', index]);
      yield {
        ...sqlAt(contract, table.name, name, keyPlace, ...(field === undefined ? [] : [field.place])),
        message: `column ${shortName(table.name)}.${name} of the upsert key may be NULL`,
        remedy: `ALTER TABLE ${shortName(table.name)} ALTER COLUMN ${name} SET NOT NULL by a migration`,
      };
    }
  },
});

const upsertKeyField: Rule = {
  id: 'UPSERT_KEY_FIELD',
  what: 'Every column of the upsert key is a field of the record that is never null and never omitted.',
  why: 'The sink cannot tell which row a record is, and fails its task.',
  *check({ stream, schema, definition }) {
    for (const [index, name] of stream.table.key.entries()) {
      const field = fieldOf(schema, name);
      const place = definition.placeOf(['table', 'key', index]);
      const path = `${shortName(stream.table.name)}.${name}`;
      if (field === undefined) {
        yield {
          path,
          places: [place, schema.place],
          message: `table.key: ${noField(schema, name)}`,
          remedy: 'name fields of the schema whose columns are a unique index',
        };
      } else if (field.nullable || stream.sink.omit.includes(name)) {
        const how = field.nullable ? 'may be null' : 'is omitted by sink.omit';
        yield {
          path,
          places: field.nullable ? [field.placeOf('type'), place] : [definition.placeOf(['sink', 'omit']), place],
          message: `${name}: is part of the upsert key and ${how}`,
          remedy: field.nullable ? 'take "null" out of its type' : 'take it out of sink.omit',
        };
      }
    }
  },
};

const upsertKeyEmpty: Rule = {
  id: 'UPSERT_KEY_EMPTY',
  what: 'A text column of the upsert key is never the empty text: its field has a minLength of at least 1.',
  why: 'proto3 sends a forgotten text as the empty one: all updates without it would have one key, and only the last would stay.',
  *check({ stream, schema, definition }) {
    for (const [index, name] of stream.table.key.entries()) {
      const field = fieldOf(schema, name);
      if (field?.kind !== 'string') continue;
      const { minLength = 0, allowed } = field;
      if (allowed === undefined ? minLength > 0 : !allowed.includes('')) continue;
      const attribute = allowed === undefined ? 'minLength' : 'allowed';
      yield {
        path: `${shortName(stream.table.name)}.${name}`,
        places: [field.placeOf(attribute), definition.placeOf(['table', 'key', index])],
        message: `${name}: is part of the upsert key and may be the empty text, so different updates could share one row`,
        remedy:
          allowed === undefined
            ? `give the field "minLength": 1: the producer then refuses an update without it`
            : 'take the empty word out of "allowed"',
      };
    }
  },
};

const topicKey: Rule = {
  id: 'TOPIC_KEY',
  what: 'The record key is a required field, part of the upsert key, and the identity of the view of current states.',
  why: 'Records of one identity spread over partitions: two tasks write them in any order, and an older state can end up as the newest.',
  *check({ stream, schema, definition }) {
    const { key } = stream.topic;
    const field = fieldOf(schema, key);
    const path = `${stream.topic.name} key`;
    const place = definition.placeOf(['topic', 'key']);
    if (field === undefined) {
      yield {
        path,
        places: [place, schema.place],
        message: `topic.key: ${noField(schema, key)}`,
        remedy: 'name a field of the schema',
      };
      return;
    }
    if (field.nullable) {
      yield {
        path,
        places: [field.placeOf('type'), place],
        message: `${key}: is the record key and may be null; a record without a key goes to any partition`,
        remedy: 'take "null" out of its type',
      };
    }
    const { current } = stream.table;
    if (current !== undefined && current.identity !== key) {
      yield {
        path,
        places: [place, definition.placeOf(['table', 'current', 'identity'])],
        message: `topic.key is ${key}, but rows are told apart by ${current.identity}: its records would not stay in order`,
        remedy: `make topic.key ${current.identity} for a topic without records; an existing topic keeps its key`,
      };
    } else if (!stream.table.key.includes(key)) {
      yield {
        path,
        places: [place, definition.placeOf(['table', 'key'])],
        message: `topic.key ${key} is not part of table.key (${stream.table.key.join(', ')}): one row could come from two partitions`,
        remedy: `make topic.key one of ${stream.table.key.join(', ')}, or add ${key} to the upsert key and its index`,
      };
    }
  },
};

/** The upsert key and the record key. */
export const keyRules = [upsertKeyIndex, upsertKeyNull, upsertKeyField, upsertKeyEmpty, topicKey];
