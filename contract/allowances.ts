import type { AllowedKind, StreamDefinition } from '../pipeline/types.ts';
import type { YamlFile } from '../pipeline/yaml-file.ts';
import type { Allowed, BrokenRule } from './rule.ts';

/** What an allowance says, as it is compared and shown: `trigger positions_audit`. */
const textOf = ({ kind, name }: Allowed): string => `${kind} ${name}`;

function allowedBy({ allow }: Pick<StreamDefinition, 'allow'>): Allowed[] {
  return allow.map(({ reason: _reason, ...thing }) => {
    const [[kind, name] = ['', '']] = Object.entries(thing);
    return { kind: kind as AllowedKind, name };
  });
}

/** Leaves out what the definition allows, and says of the rest how it can be allowed. */
export function withoutAllowed(
  stream: Pick<StreamDefinition, 'allow' | 'file'>,
  broken: readonly BrokenRule[],
): BrokenRule[] {
  const allowed = new Set(allowedBy(stream).map(textOf));
  return broken.flatMap((one) => {
    const { allowedAs: thing, remedy } = one;
    if (thing === undefined) return [one];
    if (allowed.has(textOf(thing))) return [];
    const entry = `allow: [{ ${thing.kind}: ${thing.name}, reason: … }]`;
    return [{ ...one, remedy: `${remedy}; if it does no harm, say so in ${stream.file}: ${entry}` }];
  });
}

/** The entries of `allow` that match none of these. Which settings a database gives its sessions, only `check --live` sees. */
export function* allowedForNothing(
  stream: Pick<StreamDefinition, 'allow' | 'name'>,
  definition: YamlFile,
  broken: readonly BrokenRule[],
): Generator<BrokenRule> {
  const met = new Set(broken.flatMap(({ allowedAs: thing }) => (thing === undefined ? [] : [textOf(thing)])));
  for (const [index, thing] of allowedBy(stream).entries()) {
    if (met.has(textOf(thing))) continue;
    const inDatabase = thing.kind === 'session';
    yield {
      rule: 'DECLARED_EXCEPTION',
      path: `${stream.name}.allow.${thing.kind}.${thing.name}`,
      places: [definition.placeOf(['allow', index, thing.kind])],
      message: `allow: there is no ${textOf(thing)} that the check would refuse${inDatabase ? ' in the files' : ''}`,
      remedy: inDatabase ? 'remove the entry, unless role or database set it' : 'remove the entry',
      severity: inDatabase ? 'note' : 'error',
    };
  }
}
