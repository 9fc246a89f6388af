import type { Rule } from '../rule.ts';

const VALUE = 'io.apicurio.registry.utils.converter.AvroConverter';
const KEY = 'org.apache.kafka.connect.storage.StringConverter';

export const converters: Rule = {
  id: 'CONVERTERS',
  what: "Values go through the Avro converter in Confluent's framing by content id, keys through the string converter.",
  why: 'Another converter or framing decodes no record: every task fails on its first one.',
  *check({ sinks }) {
    const wanted: Readonly<Record<string, string>> = {
      'key.converter': KEY,
      'value.converter': VALUE,
      'value.converter.apicurio.registry.as-confluent': 'true',
      'value.converter.apicurio.registry.use-id': 'contentId',
    };
    for (const sink of sinks) {
      for (const [key, value] of Object.entries(wanted)) {
        const actual = sink.config[key];
        if (actual === value) continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} is ${actual ?? 'unset'}, not ${value}`,
          remedy: 'leave it to this package',
        };
      }
    }
  },
};
