import { valueSubject } from '../../pipeline/names.ts';
import { DEFAULT_LEVEL, strictest } from '../../schemas/compatibility/level.ts';
import type { RegisteredSubject } from '../../schemas/observe-subject.ts';
import type { Contract } from '../contract.ts';
import { placeSchema } from '../placed-schema.ts';
import type { BrokenRule } from '../rule.ts';

/** How the registry differs from the project's schema. */
export function* schemaDrift(contract: Contract, subject: RegisteredSubject, where: string): Generator<BrokenRule> {
  const { schema, stream } = contract;
  const name = valueSubject(stream);
  const known = { path: name, places: [schema.place], remedy: REGISTER } as const;
  if (subject.latest === undefined) {
    yield { rule: 'DRIFT_SCHEMA', ...known, message: `subject ${name} is not in ${where}` };
  } else if (subject.known !== subject.latest.version) {
    const message =
      subject.known === undefined
        ? `subject ${name}: version ${subject.latest.version} of ${where} is another schema${fieldDifference(contract, subject.latest.schema)}`
        : `subject ${name}: the project's schema is version ${subject.known} of ${where}, the newest is ${subject.latest.version}`;
    yield { rule: 'DRIFT_SCHEMA', ...known, message };
  }
  if (subject.level === undefined || strictest(subject.level, DEFAULT_LEVEL) !== subject.level) {
    const message = `subject ${name}: ${where} holds it to ${subject.level ?? 'its own default'}, not to ${DEFAULT_LEVEL}`;
    yield { rule: 'DRIFT_COMPATIBILITY', ...known, message };
  }
}

const REGISTER = 'run `connect schemas register`, which sets the level first; or bring the files to what is registered';

function fieldDifference(contract: Contract, registered: string): string {
  const there = new Set(fieldNames(registered));
  const here = new Set(contract.schema.fields.map(({ name }) => name));
  const onlyHere = [...here].filter((name) => !there.has(name));
  const onlyThere = [...there].filter((name) => !here.has(name));
  const parts = [
    onlyHere.length === 0 ? '' : `it lacks ${onlyHere.join(', ')}`,
    onlyThere.length === 0 ? '' : `it has ${onlyThere.join(', ')} as well`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`;
}

/** Names of the fields of a registered schema, also of fields this package does not support. */
export function fieldNames(text: string): string[] {
  const { fields, unsupported } = placeSchema(text, 'registry');
  return [...fields, ...unsupported].map(({ name }) => name);
}
