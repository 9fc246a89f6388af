import type { ConverterFlavour } from '../../pipeline/types.ts';
import { sinkRule } from '../rule.ts';

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

export const converters = sinkRule({
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
