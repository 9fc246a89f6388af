import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { startOf } from '../pipeline/finding.ts';
import { projectFile } from '../pipeline/load.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { parseYamlFile } from '../pipeline/yaml-file.ts';
import { type BaseDefinition, definitionsAtBase } from '../schemas/compatibility/base-definitions.ts';
import type { GitBase } from '../schemas/compatibility/git-base.ts';
import { MIGRATIONS_FOLDER } from './load-contract.ts';
import type { BrokenRule, Violation } from './rule.ts';

/** Rules about what a change may not change, documented like the others. */
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
    what: 'The upsert key of a stream stays.',
    why: 'Records that come again after the change meet no row of the same key and become second rows, or violate the old index.',
  },
  {
    id: 'SINK_RENAMED',
    what: 'A renamed connector is deleted under its old name by hand; the check notes it.',
    why: 'Both would run and write the same rows, and the new one starts at the beginning of the topic.',
  },
] as const;

type BaseRule = (typeof BASE_RULES)[number]['id'];

/** What a change breaks that was right before it. */
export async function baseViolations(
  project: Project,
  streams: readonly StreamDefinition[],
  base: GitBase,
): Promise<BrokenRule[]> {
  const broken: BrokenRule[] = [];
  const add = (rule: BaseRule, violation: Violation) => broken.push({ rule, ...violation });
  await checkMigrations(project, base, add);
  const before = await definitionsAtBase(base);
  for (const stream of streams) {
    const older = before.find(({ at }) => at('name') === stream.name);
    if (older !== undefined) checkDefinition(project, stream, older, add);
  }
  return broken;
}

type Add = (rule: BaseRule, violation: Violation) => void;

const MIGRATION = /(^|\/)(\d{4}_[a-z0-9_]+\.sql)$/;

async function checkMigrations(project: Project, base: GitBase, add: Add): Promise<void> {
  const landed = (await base.list(MIGRATIONS_FOLDER)).filter((file) => MIGRATION.test(file));
  for (const file of landed) {
    const before = lines(await base.read(file));
    const now = lines(readText(project, file));
    if (now === undefined) {
      add('MIGRATION_EDITED', {
        path: file,
        places: [startOf(file)],
        message: `${file} has landed and is gone or renamed`,
        remedy: 'put it back; undo what it does by a new migration',
      });
      continue;
    }
    const line = now.findIndex((text, index) => text !== before?.[index]);
    if (line < 0 && now.length === before?.length) continue;
    add('MIGRATION_EDITED', {
      path: file,
      places: [{ file, line: (line < 0 ? now.length - 1 : line) + 1, column: 1 }],
      message: `${file} has landed and was edited`,
      remedy: 'put it back as it was; make the change by a new migration',
    });
  }
  const newest = landed.map(nameOf).sort().at(-1);
  if (newest === undefined) return;
  for (const file of migrationsNow(project)) {
    if (landed.includes(file) || nameOf(file) > newest) continue;
    add('MIGRATION_ORDER', {
      path: file,
      places: [startOf(file)],
      message: `${file} is new but would run before ${newest}, which has landed`,
      remedy: `give it a number after ${newest.slice(0, 4)}`,
    });
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

const lines = (text: string | undefined): string[] | undefined => text?.replaceAll('\r\n', '\n').split('\n');

function checkDefinition(project: Project, stream: StreamDefinition, older: BaseDefinition, add: Add): void {
  const definition = parseYamlFile(stream.file, readText(project, stream.file) ?? '');
  // A stream that moved to another topic starts anew there.
  if (older.at('topic', 'name') === stream.topic.name) {
    const partitions = older.at('topic', 'partitions');
    if (typeof partitions === 'number' && partitions !== stream.topic.partitions) {
      add('PARTITIONS_CHANGED', {
        path: `${stream.name}.topic.partitions`,
        places: [definition.placeOf(['topic', 'partitions'])],
        message: `topic.partitions ${partitions} → ${stream.topic.partitions}: keys move to other partitions and lose their order across the change`,
        remedy: `keep ${partitions}; more throughput comes from sink.tasksMax up to it, or from a new topic`,
      });
    }
    const key = older.at('topic', 'key');
    if (typeof key === 'string' && key !== stream.topic.key) {
      add('TOPIC_KEY_CHANGED', {
        path: `${stream.name}.topic.key`,
        places: [definition.placeOf(['topic', 'key'])],
        message: `topic.key ${key} → ${stream.topic.key}: old and new records of one ${key} stand in different partitions`,
        remedy: `keep ${key}, or begin a new topic`,
      });
    }
  }
  const columns = older.at('table', 'key');
  if (
    older.at('table', 'name') === stream.table.name &&
    Array.isArray(columns) &&
    [...columns].sort().join() !== [...stream.table.key].sort().join()
  ) {
    add('UPSERT_KEY_CHANGED', {
      path: `${stream.name}.table.key`,
      places: [definition.placeOf(['table', 'key'])],
      message: `table.key (${columns.join(', ')}) → (${stream.table.key.join(', ')}): records that come again meet no row of the same key`,
      remedy: 'keep the key, or begin a new table',
    });
  }
  const sink = older.at('sink', 'name');
  if (typeof sink === 'string' && sink !== stream.sink.name) {
    add('SINK_RENAMED', {
      path: `${stream.name}.sink.name`,
      places: [definition.placeOf(['sink', 'name'])],
      message: `sink.name ${sink} → ${stream.sink.name}: ${sink} goes on running, and the new one reads the topic from its beginning`,
      remedy: `delete the connector ${sink} on every environment once this is deployed`,
      severity: 'note',
    });
  }
}
