import type { CompatibilityLevel } from './compatibility/level.ts';
import type { RegisteredSchema, SchemaRegistry } from './registry.ts';

/** What a registry says of a subject. */
export interface RegisteredSubject {
  /** The newest version; undefined when there is none. */
  readonly latest: RegisteredSchema | undefined;
  /** The version under which exactly the project's schema stands. */
  readonly known: number | undefined;
  /** The subject's own level. */
  readonly level: CompatibilityLevel | undefined;
}

/** Asks a registry for a subject and for the project's schema in it. Changes nothing. Errors: what the registry throws. */
export async function observeSubject(
  registry: SchemaRegistry,
  subject: string,
  schemaText: string,
): Promise<RegisteredSubject> {
  const [latest, known, level] = await Promise.all([
    registry.version(subject, 'latest'),
    registry.lookup(subject, schemaText),
    registry.compatibility(subject),
  ]);
  return { latest, known: known?.version, level };
}
