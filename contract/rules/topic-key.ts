import { fieldOf, noField } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

export const topicKey: Rule = {
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
