import { type Finding, mergeFindings } from '../../pipeline/finding.ts';
import { checkDefaults } from './avro-default.ts';
import type { AvroDoc } from './avro-model.ts';
import { resolveSchemas } from './avro-resolve.ts';
import { type CompatibilityLevel, directionsOf, isTransitive } from './level.ts';

/**
 * Everything that breaks between two versions of a schema at a level; an empty list, or notes only, means compatible.
 * Positions are those of `newer`. Whether the level is transitive makes no difference between two versions.
 *
 * The rules are those of Avro's schema resolution, written out here since no library tells all problems with their
 * places. Where we go beyond Avro, avsc's resolver and the registries:
 * - a logical type's kind, precision, scale and unit count, and so does one that appears or disappears;
 * - a namespace is part of a type's name;
 * - a field renamed with an alias is an error, because the sink takes field names for columns;
 * - an alias that claims a field another field has is an error.
 */
export function checkAvroCompatibility(older: AvroDoc, newer: AvroDoc, level: CompatibilityLevel): Finding[] {
  const findings: Finding[] = [];
  for (const direction of directionsOf(level)) {
    // What both directions object to (a rescaled decimal, say) is said once.
    const said = new Set(findings.map(placeOf));
    findings.push(
      ...mergeFindings(resolveSchemas(older, newer, direction)).filter((found) => !said.has(placeOf(found))),
    );
  }
  return mergeFindings(withoutOvertakenNotes(findings));
}

/** A schema against its older versions, oldest first: all of them for a transitive level, else the latest. */
export function checkAvroHistory(versions: readonly AvroDoc[], newer: AvroDoc, level: CompatibilityLevel): Finding[] {
  const relevant = isTransitive(level) ? versions : versions.slice(-1);
  const findings = relevant.flatMap((older) => checkAvroCompatibility(older, newer, level));
  return mergeFindings([...checkDefaults(newer), ...findings]);
}

const placeOf = ({ rule, path }: Finding): string => `${rule} ${path}`;

/** A removed field that breaks old consumers need not also be noted as harmless to new ones. */
function withoutOvertakenNotes(findings: readonly Finding[]): Finding[] {
  const broken = new Set(
    findings.filter(({ rule }) => rule === 'FIELD_REMOVED_WITHOUT_DEFAULT').map(({ path }) => path),
  );
  return findings.filter(({ rule, path }) => rule !== 'FIELD_REMOVED' || !broken.has(path));
}
