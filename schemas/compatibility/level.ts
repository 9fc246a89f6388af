import { ConnectError } from '../../core/errors.ts';

/** Compatibility levels as the registry knows them. */
export const COMPATIBILITY_LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number];

/** BACKWARD: the new schema reads old records. FORWARD: the old schema reads new records. */
export type Direction = 'BACKWARD' | 'FORWARD';

/**
 * The level checked unless another is asked for: every record that is still in the topic, however old, stays readable
 * by consumers with the newest schema.
 */
export const DEFAULT_LEVEL: CompatibilityLevel = 'BACKWARD_TRANSITIVE';

export function directionsOf(level: CompatibilityLevel): readonly Direction[] {
  if (level === 'NONE') return [];
  if (level.startsWith('FULL')) return ['BACKWARD', 'FORWARD'];
  return level.startsWith('FORWARD') ? ['FORWARD'] : ['BACKWARD'];
}

/** Whether all older versions count, or only the latest. */
export const isTransitive = (level: CompatibilityLevel): boolean => level.endsWith('_TRANSITIVE');

/** The weakest level that holds whenever both hold. */
export function strictest(a: CompatibilityLevel, b: CompatibilityLevel): CompatibilityLevel {
  const directions = new Set([...directionsOf(a), ...directionsOf(b)]);
  if (directions.size === 0) return 'NONE';
  const base = directions.size === 2 ? 'FULL' : directions.has('FORWARD') ? 'FORWARD' : 'BACKWARD';
  return isTransitive(a) || isTransitive(b) ? `${base}_TRANSITIVE` : base;
}

/** A level by its name, in any case and with dashes too. Errors: USAGE with the names there are. */
export function parseLevel(text: string): CompatibilityLevel {
  const name = text.trim().toUpperCase().replaceAll('-', '_');
  const level = COMPATIBILITY_LEVELS.find((known) => known === name);
  if (level !== undefined) return level;
  throw new ConnectError('USAGE', `"${text}" is not a compatibility level`, {
    hint: `one of ${COMPATIBILITY_LEVELS.join(', ')}`,
  });
}
