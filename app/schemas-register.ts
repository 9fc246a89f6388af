import { valueSubject } from '../pipeline/names.ts';
import { type Registration, registerSchema } from '../schemas/register.ts';
import type { Session } from './session.ts';

export type { Registration };

/** Registers the schema of each stream, one after the other; see `registerSchema`. */
export async function registerSchemas(session: Session): Promise<Registration[]> {
  const registry = await session.registry();
  const done: Registration[] = [];
  for (const stream of session.streams) {
    const { text } = session.schema(stream);
    done.push(await registerSchema(registry, { subject: valueSubject(stream), schemaText: text, file: stream.schema }));
  }
  return done;
}
