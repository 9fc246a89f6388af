import { isAbsolute, normalize } from 'node:path';
import { parseReference, type Reference } from '../core/reference.ts';
import type { Problem } from './finding.ts';
import type { SecretRules } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** Of this package, and of PostgreSQL's own clients for a database. */
const UNLESS_TOLD = ['PERPS_*', 'PGPASSWORD'];
/** The logins of machines and their tools: no pattern stands for them, only their whole name. */
const OF_TOOLS =
  /^(?:AWS|AZURE|ARM|GOOGLE|GCP|CLOUDSDK|GITHUB|GH|GITLAB|CI|ACTIONS|RUNNER|SYSTEM|NPM|NODE|DOCKER|KUBE|VAULT|SSH|GPG|TF)_/i;
/** The local stack's own passwords. */
const OF_STACK = normalize('.connect/secrets.properties');

/** Whether the project's references may read a variable of the process environment. */
export const mayReadVariable = ({ environment = UNLESS_TOLD }: SecretRules, name: string): boolean =>
  environment.some((one) =>
    one.endsWith('*') ? name.startsWith(one.slice(0, -1)) && !OF_TOOLS.test(name) : one === name,
  );

/** Whether they may read a file, by its path as it is written or as it was resolved. */
export function mayReadFile({ files = ['./'] }: SecretRules, path: string): boolean {
  const wanted = normalize(path);
  if (wanted === OF_STACK) return true;
  return files.some((one) => {
    const allowed = normalize(one);
    if (!/[/\\]$/.test(allowed)) return wanted === allowed;
    return allowed === normalize('./') ? isInside(wanted) : wanted.startsWith(allowed);
  });
}

/** Whether a path, relative to a folder, stays in it. */
export const isInside = (path: string): boolean => !isAbsolute(path) && !/^\.\.(?:[/\\]|$)/.test(normalize(path));

/** What stands below these is resolved by workers. */
const OF_WORKER = new Set(['worker', 'workerConfiguration']);

interface Document {
  readonly secrets?: SecretRules;
  readonly environments: Readonly<Record<string, object>>;
}

/** References of `connect.yaml` that the project does not allow, each with the one line that would. What the worker resolves is not ours. */
export function checkSecretRules(file: YamlFile, { secrets = {}, environments }: Document): Problem[] {
  const found = [...localReferences(environments, ['environments'])];
  const refusal = ({ provider, path = '', key }: Reference): string | undefined => {
    if (provider === 'env' && !mayReadVariable(secrets, key)) {
      const names = found.flatMap(({ reference }) => (reference.provider === 'env' ? [reference.key] : []));
      return `reads the variable ${key}, which is not allowed; ${remedy('environment', secrets.environment, key, names)}`;
    }
    if (provider === 'file' && !mayReadFile(secrets, path)) {
      const paths = found.flatMap(({ reference }) => reference.path ?? []);
      return `reads ${path}, which is not allowed; ${remedy('files', secrets.files, path, paths)}`;
    }
    return undefined;
  };
  return found.flatMap(({ at, reference }) => {
    const why = refusal(reference);
    return why === undefined ? [] : [file.problemAt(at, `${at.join('.')} ${why}`)];
  });
}

const remedy = (list: string, listed: readonly string[] | undefined, wanted: string, all: readonly string[]): string =>
  listed === undefined
    ? `write at the top: secrets: { ${list}: [${[...new Set(all)].map((one) => `'${one}'`).join(', ')}] }`
    : `add '${wanted}' to secrets.${list}`;

function* localReferences(value: unknown, at: Path): Generator<{ at: Path; reference: Reference }> {
  if (typeof value === 'string') {
    const reference = parseReference(value);
    if (reference !== undefined) yield { at, reference };
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      if (!(at.length >= 2 && OF_WORKER.has(key))) yield* localReferences(item, [...at, key]);
  }
}
