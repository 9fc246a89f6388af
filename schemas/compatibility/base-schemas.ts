import { ConnectError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroDoc } from './avro-model.ts';
import { parseAvro } from './avro-parse.ts';
import { definitionsAtBase } from './base-definitions.ts';
import type { GitBase } from './git-base.ts';

/** What a stream's definition of the base says, as far as it matters here. */
export interface BaseStream {
  /** Its own path. */
  readonly file: string;
  readonly topic: string;
  /** Path of the .avsc file. */
  readonly schema: string;
  /** Path of the .proto file. */
  readonly proto: string | undefined;
}

/** The streams that were defined at the base. */
export async function streamsAtBase(base: GitBase): Promise<BaseStream[]> {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return (await definitionsAtBase(base)).flatMap(({ file, at }) => {
    const topic = text(at('topic', 'name'));
    const schema = text(at('schema'));
    if (topic === undefined || schema === undefined) return [];
    return [{ file, topic, schema, proto: text(at('feed', 'proto')) }];
  });
}

/**
 * The schema a stream had at the base, wherever its file stood: by its topic (which makes the subject), else by the
 * record's name, else by its path. Undefined for a stream that is new.
 * Errors: INVALID_DEFINITION when the schema of that topic does not parse.
 */
export async function schemaAtBase(
  base: GitBase,
  stream: StreamDefinition,
  newer: AvroDoc,
  known: { readonly definitions: readonly BaseStream[]; readonly topics: ReadonlySet<string> },
): Promise<AvroDoc | undefined> {
  const same = known.definitions.find(({ topic }) => topic === stream.topic.name);
  const text = same === undefined ? undefined : await base.read(same.schema);
  if (same !== undefined && text !== undefined) return parseAvro({ text, file: same.schema, label: base.label });
  // What another stream of today already had is that stream's.
  const taken = new Set(known.definitions.filter(({ topic }) => known.topics.has(topic)).map(({ schema }) => schema));
  const files = (await base.list('')).filter((file) => file.endsWith('.avsc') && !taken.has(file));
  const docs = await Promise.all(files.map((file) => validSchemaIn(base, file)));
  return docs.find((doc) => doc?.name === newer.name) ?? docs[files.indexOf(stream.schema)];
}

/** Any .avsc file of the repository; undefined for one that is not a schema. */
async function validSchemaIn(base: GitBase, file: string): Promise<AvroDoc | undefined> {
  try {
    return parseAvro({ text: (await base.read(file)) ?? '', file, label: base.label });
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'INVALID_DEFINITION') return undefined;
    throw error;
  }
}
