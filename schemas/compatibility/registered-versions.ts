import type { SchemaRegistry } from '../registry.ts';
import type { AvroDoc } from './avro-model.ts';
import { parseAvro } from './avro-parse.ts';

/** Every version that a registry has under a subject, oldest first; none for a subject it does not know. */
export async function registeredVersions(registry: SchemaRegistry, subject: string): Promise<AvroDoc[]> {
  const docs: AvroDoc[] = [];
  for (const number of (await registry.versions(subject)) ?? []) {
    const registered = await registry.version(subject, number);
    if (registered !== undefined) {
      docs.push(parseAvro({ text: registered.schema, file: subject, label: `registry version ${number}` }));
    }
  }
  return docs;
}
