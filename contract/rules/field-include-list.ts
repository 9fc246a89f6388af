import { addedColumns } from '../rendered-sink.ts';
import type { Rule } from '../rule.ts';

export const fieldIncludeList: Rule = {
  id: 'FIELD_INCLUDE_LIST',
  what: 'field.include.list names every Avro field that is not omitted and every column Connect adds, each as <topic>:<field>, and nothing else.',
  why: 'A field that is missing there is not written, without an error; without the list, a newly registered field the table lacks fails the task.',
  *check({ sinks, schema, stream }) {
    const wanted = schema.fields.map(({ name }) => name).filter((name) => !stream.sink.omit.includes(name));
    for (const sink of sinks) {
      const key = 'field.include.list';
      const path = `${sink.connector}.${key}`;
      const places = [sink.placeOf(key), schema.place] as const;
      const patterns = (sink.config[key] ?? '')
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
      const known = [...wanted, ...addedColumns(sink.config).keys()];
      if (patterns.length === 0) {
        yield {
          path,
          places,
          message: 'field.include.list is empty: every field of a record is written, also one registered tomorrow',
          remedy: 'leave the list to this package',
        };
        continue;
      }
      const missing = known.filter((name) => !patterns.some((item) => matches(item, `${stream.topic.name}:${name}`)));
      if (missing.length > 0) {
        yield {
          path,
          places,
          message: `field.include.list lets ${missing.join(', ')} not through: ${missing.length === 1 ? 'its values' : 'their values'} would not be written`,
          remedy: `leave the list to this package; a field that is not to be written belongs into sink.omit`,
        };
      }
      const stale = patterns.filter((item) => !known.some((name) => matches(item, `${stream.topic.name}:${name}`)));
      if (stale.length > 0) {
        yield {
          path,
          places,
          message: `field.include.list: ${stale.join(', ')} matches no field of topic ${stream.topic.name}`,
          remedy: 'leave the list to this package; items are <topic>:<field>',
        };
      }
    }
  },
};

/** Items are regular expressions over the whole name. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'i').test(name);
  } catch {
    return false;
  }
}
