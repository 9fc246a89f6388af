import { ConnectError } from '../core/errors.ts';
import type { SchemaRegistry } from './registry.ts';

/**
 * The registry's id of exactly this schema. Producers never register: a schema goes live by `connect schemas register`,
 * after its compatibility check. Errors: NOT_FOUND when it is not registered, UNREACHABLE.
 */
export async function findSchemaId(registry: SchemaRegistry, subject: string, schemaText: string): Promise<number> {
  const found = await registry.lookup(subject, schemaText);
  if (found !== undefined) return found.id;
  throw new ConnectError('NOT_FOUND', `the schema registry at ${registry.url} has no such schema under ${subject}`, {
    details: { subject },
    hint: 'run `connect schemas register`; the producer never registers a schema itself',
  });
}
