import { inTurn } from '../core/in-turn.ts';
import { valueSubject } from '../pipeline/names.ts';
import { type Registration, registerSchema } from '../schemas/register.ts';
import type { Session } from './session.ts';

export type { Registration };

/**
 * Registers the schema of each stream, one after the other, once its subject is held to a level of compatibility. One that is there is left alone. Errors:
 * REFUSED with every reason for an incompatible one; INVALID_DEFINITION; UNREACHABLE.
 */
export async function registerSchemas(session: Session): Promise<Registration[]> {
  const registry = await session.registry();
  return inTurn(session.streams, (stream) => {
    const { text } = session.schema(stream);
    return registerSchema(registry, { subject: valueSubject(stream), schemaText: text, file: stream.schema });
  });
}
