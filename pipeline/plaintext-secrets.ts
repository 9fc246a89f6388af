import { isByReference } from '../core/reference.ts';
import { isSecretName } from '../core/secret-names.ts';
import type { Problem } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

const URL_WITH_LOGIN = /:\/\/[^/?#\s]*@/;
const URL_WITH_PASSWORD_PARAMETER = /[?&;](user|username|password|passwd|pwd|sslpassword|token|secret|apikey)=/i;

/**
 * Secrets written out anywhere in a file, under whatever key, also one the schema does not know.
 * The messages name the place, never the value.
 */
export function findPlaintextSecrets(file: YamlFile): Problem[] {
  const problems: Problem[] = [];
  visit(file.data, [], (path, value) => {
    const key = String(path.findLast((step) => typeof step === 'string') ?? '');
    const refuse = (why: string) => problems.push(file.problemAt(path, `${key} is ${why}`));
    if (value !== '' && isSecretName(key) && !isByReference(String(value))) {
      refuse(`a secret in plain text; write a reference, \${env:NAME} or \${file:path:key}`);
    } else if (URL_WITH_LOGIN.test(String(value)) || URL_WITH_PASSWORD_PARAMETER.test(String(value))) {
      refuse('a URL that holds credentials; give user and password reference in their own keys');
    }
  });
  return problems;
}

function visit(value: unknown, path: Path, leaf: (path: Path, value: unknown) => void): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, [...path, index], leaf);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) visit(item, [...path, key], leaf);
  } else if (value !== null && value !== undefined && typeof value !== 'boolean') {
    leaf(path, value);
  }
}
