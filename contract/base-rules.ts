import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { startOf } from '../pipeline/finding.ts';
import { projectFile } from '../pipeline/load.ts';
import { slotColumnOf } from '../pipeline/moving-columns.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { parseYamlFile } from '../pipeline/yaml-file.ts';
import { type BaseDefinition, definitionsAtBase } from '../schemas/compatibility/base-definitions.ts';
import type { GitBase } from '../schemas/compatibility/git-base.ts';
import { holdsAll } from './key-index.ts';
import { MIGRATIONS_FOLDER } from './load-contract.ts';
import type { BrokenRule } from './rule.ts';

/** Rules about what a change must leave as it is, documented like the others. */
export const BASE_RULES = [
  {
    id: 'MIGRATION_EDITED',
    what: 'A migration that has landed is neither edited, renamed nor removed.',
    why: 'Databases that ran it keep what it did then, and the runner refuses the edited one.',
  },
  {
    id: 'MIGRATION_ORDER',
    what: 'A new migration comes after all that have landed.',
    why: 'Databases that ran the later ones refuse it, or run it in another order than a new database does.',
  },
  {
    id: 'PARTITIONS_CHANGED',
    what: 'The number of partitions of a stream stays.',
    why: 'More partitions move keys: updates of one position stand in two partitions and lose their order across the change; fewer are impossible.',
  },
  {
    id: 'TOPIC_KEY_CHANGED',
    what: 'The record key of a stream stays.',
    why: 'Old and new records of one position stand in different partitions and lose their order.',
  },
  {
    id: 'UPSERT_KEY_CHANGED',
    what: 'The upsert key of a stream stays, or it gains columns, or loses the slot or the time of its partitions; the check notes that.',
    why: 'Records that come again after another change meet no row of the same key and become second rows, or violate the old index.',
  },
  {
    id: 'SINK_RENAMED',
    what: 'A renamed connector is deleted under its old name by hand; the check notes it.',
    why: 'Both would run and write the same rows, and the new one starts at the beginning of the topic.',
  },
] as const;

/** A broken rule of these. */
type Broken = BrokenRule & { readonly rule: (typeof BASE_RULES)[number]['id'] };

/** An upsert key for comparison, without some of its columns. */
const keyOf = (columns: readonly unknown[], ...without: readonly unknown[]): string =>
  columns
    .filter((name) => !without.includes(name))
    .map(String)
    .sort()
    .join();

/** What the change breaks. */
export async function baseViolations(
  project: Project,
  streams: readonly StreamDefinition[],
  base: GitBase,
): Promise<BrokenRule[]> {
  const landed = (await base.list(MIGRATIONS_FOLDER)).filter((file) => MIGRATION.test(file));
  const texts = new Map(await Promise.all(landed.map(async (file) => [file, (await base.read(file)) ?? ''] as const)));
  const definitions = await definitionsAtBase(base);
  return [
    ...migrationChanges(project, texts),
    ...streams.flatMap((stream) => {
      const older = definitions.find(({ at }) => at('name') === stream.name);
      return older === undefined ? [] : [...definitionChanges(project, stream, older)];
    }),
  ];
}

const MIGRATION = /(^|\/)(\d{4}_[a-z0-9_]+\.sql)$/;

/** `landed`: the texts of the migrations of the base, by path. */
function* migrationChanges(project: Project, landed: ReadonlyMap<string, string>): Generator<Broken> {
  const rule = 'MIGRATION_EDITED';
  for (const [path, text] of landed) {
    const before = lines(text);
    const now = readText(project, path);
    if (now === undefined) {
      const message = `${path} has landed and is gone or renamed`;
      const remedy = 'put it back; undo what it does by a new migration';
      yield { rule, path, places: [startOf(path)], message, remedy };
      continue;
    }
    const edited = lines(now).findIndex((line, index) => line !== before[index]);
    if (edited < 0 && lines(now).length === before.length) continue;
    const line = (edited < 0 ? lines(now).length - 1 : edited) + 1;
    const message = `${path} has landed and was edited`;
    const remedy = 'put it back as it was; make the change by a new migration';
    yield { rule, path, places: [{ file: path, line, column: 1 }], message, remedy };
  }
  const newest = [...landed.keys()].map(nameOf).sort().at(-1);
  if (newest === undefined) return;
  for (const path of migrationsNow(project)) {
    if (landed.has(path) || nameOf(path) > newest) continue;
    const message = `${path} is new but would run before ${newest}, which has landed`;
    const remedy = `give it a number after ${newest.slice(0, 4)}`;
    yield { rule: 'MIGRATION_ORDER', path, places: [startOf(path)], message, remedy };
  }
}

const nameOf = (file: string): string => MIGRATION.exec(file)?.[2] ?? file;

function migrationsNow(project: Project): string[] {
  const folder = projectFile(project, MIGRATIONS_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `${MIGRATIONS_FOLDER}/${name}`)
    .filter((file) => MIGRATION.test(file))
    .sort();
}

function readText(project: Project, file: string): string | undefined {
  const path = projectFile(project, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

const lines = (text: string): string[] => text.replaceAll('\r\n', '\n').split('\n');

function* definitionChanges(project: Project, stream: StreamDefinition, older: BaseDefinition): Generator<Broken> {
  const { name, file, topic, table, sink } = stream;
  const definition = parseYamlFile(file, readText(project, file) ?? '');
  const at = (...path: readonly string[]) =>
    ({ path: [name, ...path].join('.'), places: [definition.placeOf(path)] }) as const;
  // A stream that moves to another topic starts from nothing there.
  if (older.at('topic', 'name') === topic.name) {
    const partitions = older.at('topic', 'partitions');
    if (typeof partitions === 'number' && partitions !== topic.partitions) {
      yield {
        rule: 'PARTITIONS_CHANGED',
        ...at('topic', 'partitions'),
        message: `topic.partitions ${partitions} → ${topic.partitions}: keys move to other partitions and lose their order across the change`,
        remedy: `keep ${partitions}; more throughput comes from sink.tasksMax up to it, or from a new topic`,
      };
    }
    const key = older.at('topic', 'key');
    if (typeof key === 'string' && key !== topic.key) {
      yield {
        rule: 'TOPIC_KEY_CHANGED',
        ...at('topic', 'key'),
        message: `topic.key ${key} → ${topic.key}: old and new records of one ${key} stand in different partitions`,
        remedy: `keep ${key}, or begin a new topic`,
      };
    }
  }
  const columns = older.at('table', 'key');
  const isSameTable = older.at('table', 'name') === table.name;
  if (isSameTable && Array.isArray(columns) && keyOf(columns) !== keyOf(table.key)) {
    const change = `table.key (${columns.join(', ')}) → (${table.key.join(', ')})`;
    const slot = slotColumnOf(stream);
    const wasBy = older.at('table', 'partition', 'by');
    // All deliveries of a final update have the same slot and time, and all of one record the same columns.
    const isTurned =
      keyOf(columns, wasBy, slot) === keyOf(table.key, table.partition?.by, slot) || holdsAll(table.key, columns);
    const page = wasBy === undefined && table.partition === undefined ? 'scale' : 'partitions';
    yield isTurned
      ? {
          rule: 'UPSERT_KEY_CHANGED',
          ...at('table', 'key'),
          message: `${change}: the sink fails on a table that the migration has not changed yet, and the other way round`,
          remedy: `delete the sink, migrate, deploy: docs/${page}.md`,
          severity: 'note',
        }
      : {
          rule: 'UPSERT_KEY_CHANGED',
          ...at('table', 'key'),
          message: `${change}: records that come again meet no row of the same key`,
          remedy: 'keep the key, or begin a new table',
        };
  }
  const sinkName = older.at('sink', 'name');
  if (typeof sinkName === 'string' && sinkName !== sink.name) {
    yield {
      rule: 'SINK_RENAMED',
      ...at('sink', 'name'),
      message: `sink.name ${sinkName} → ${sink.name}: ${sinkName} goes on running, and the new one reads the topic from its beginning`,
      remedy: `delete the connector ${sinkName} on every environment once this is deployed`,
      severity: 'note',
    };
  }
}
