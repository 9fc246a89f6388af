import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import { type Finding, mergeFindings, startOf } from '../../pipeline/finding.ts';
import { projectFile } from '../../pipeline/load.ts';
import { valueSubject } from '../../pipeline/names.ts';
import type { Project, StreamDefinition } from '../../pipeline/types.ts';
import { checkAvroHistory } from './avro.ts';
import { parseAvro } from './avro-parse.ts';
import { type BaseStream, schemaAtBase, streamsAtBase } from './base-schemas.ts';
import type { GitBase } from './git-base.ts';
import type { CompatibilityLevel } from './level.ts';
import { checkProtoCompatibility } from './proto.ts';
import { type ProtoSource, parseProtoSet } from './proto-parse.ts';

/**
 * Avro schemas and .proto files of these streams in the working tree against a base in git. git does not know which
 * versions were registered, so the base counts as the one older version; a registry knows them all.
 * Errors: INVALID_DEFINITION for a file that does not parse.
 */
export async function checkAgainstGit(
  project: Project,
  streams: readonly StreamDefinition[],
  base: GitBase,
  level: CompatibilityLevel,
): Promise<Finding[]> {
  const definitions = await streamsAtBase(base);
  const topics = new Set(project.streams.map((stream) => stream.topic.name));
  const findings: Finding[] = [];
  for (const stream of streams) {
    const text = readFileSync(projectFile(project, stream.schema), 'utf8');
    const newer = parseAvro({ text, file: stream.schema });
    const older = await comparable(stream.schema, base, () =>
      schemaAtBase(base, stream, newer, { definitions, topics }),
    );
    if (older.note !== undefined) findings.push(older.note);
    else if (older.value === undefined) findings.push(newSubject(stream, base.label));
    findings.push(...checkAvroHistory(older.value === undefined ? [] : [older.value], newer, level));
  }
  if (streams.length === project.streams.length) findings.push(...removedSubjects(definitions, topics, base));
  findings.push(...(await protoFindings(project, streams, definitions, base)));
  return mergeFindings(findings);
}

/** A stream that nothing is known of yet: nothing can break, and the check says so instead of failing. */
export function newSubject(stream: StreamDefinition, against: string): Finding {
  return {
    rule: 'SUBJECT_NEW',
    path: '/',
    ...startOf(stream.schema),
    message: `subject ${valueSubject(stream)} is new: there is no older version to compare with`,
    remedy: 'nothing to do',
    severity: 'note',
    against,
  };
}

function removedSubjects(definitions: readonly BaseStream[], topics: ReadonlySet<string>, base: GitBase): Finding[] {
  return definitions
    .filter(({ topic }) => !topics.has(topic))
    .map(({ file, topic }) => ({
      rule: 'SUBJECT_REMOVED',
      path: '/topic/name',
      ...startOf(file),
      message: `topic ${topic} is no longer defined; its records stay readable as long as the registry keeps its versions`,
      remedy: 'delete the connector and the topic on every environment where they still run',
      severity: 'note',
      against: base.label,
    }));
}

/** All .proto files beside the ones the streams name: a file that moved or went is part of the change. */
async function protoFindings(
  project: Project,
  streams: readonly StreamDefinition[],
  definitions: readonly BaseStream[],
  base: GitBase,
): Promise<Finding[]> {
  const named = [...streams.map(({ feed }) => feed?.proto ?? ''), ...definitions.map(({ proto }) => proto ?? '')];
  const folders = [...new Set(named.filter((path) => path !== '').map((path) => posix.dirname(path)))].sort();
  const older: ProtoSource[] = [];
  for (const path of await protoFiles(folders, (folder) => base.list(folder))) {
    older.push({ path, text: (await base.read(path)) ?? '' });
  }
  const newer = (await protoFiles(folders, (folder) => filesIn(project, folder))).map((path) => ({
    path,
    text: readFileSync(projectFile(project, path), 'utf8'),
  }));
  const working = parseProtoSet(newer, 'the working tree');
  const before = await comparable(older[0]?.path ?? '', base, async () => parseProtoSet(older, base.label));
  if (before.note !== undefined) return [before.note];
  return before.value === undefined ? [] : checkProtoCompatibility(before.value, working);
}

/** A base that does not parse cannot be compared with; that must not stop the change that mends it. */
async function comparable<T>(
  file: string,
  base: GitBase,
  read: () => Promise<T>,
): Promise<{ readonly value?: T; readonly note?: Finding }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'INVALID_DEFINITION') throw error;
    const note: Finding = {
      rule: 'BASE_INVALID',
      path: '/',
      ...startOf(file),
      message: `${error.message}, so there is nothing to compare with`,
      remedy: 'nothing to do: the next change is compared with this one',
      severity: 'note',
      against: base.label,
    };
    return { note };
  }
}

/** Files directly in these folders. */
async function protoFiles(
  folders: readonly string[],
  list: (folder: string) => readonly string[] | Promise<readonly string[]>,
): Promise<string[]> {
  const names = await Promise.all(folders.map(list));
  const direct = names.flat().filter((name) => name.endsWith('.proto') && folders.includes(posix.dirname(name)));
  return [...new Set(direct)].sort();
}

function filesIn(project: Project, folder: string): string[] {
  const path = projectFile(project, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => posix.join(folder, name));
}
