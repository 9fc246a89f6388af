import { addedColumns, selectedFields, writtenFields } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';

/** Stands for a field that somebody registers tomorrow. */
const TOMORROW = 'a field registered tomorrow';

export const writtenFieldsRule = sinkRule({
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
