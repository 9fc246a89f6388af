import { clearTextProblem } from './clear-text.ts';
import type { Problem } from './finding.ts';
import { absolute } from './kafka-settings.ts';
import type { HttpAuth, HttpPart, SecretReference } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** `registry` or `connect` as the schema leaves it. User name and password of their own are the short form of a basic login. */
export interface HttpForm extends HttpPart {
  readonly username?: string | undefined;
  readonly password?: SecretReference | undefined;
}

/** The reference that a login has; undefined for one without a secret. */
export const secretOf = (auth: HttpAuth | undefined): SecretReference | undefined =>
  auth?.type === 'basic' ? auth.password : auth?.type === 'bearer' ? auth.token : undefined;

/** The same with files by absolute path, and one form of login. */
export function completeHttp<Part extends HttpPart>(form: Part & HttpForm, root: string): Part {
  const { username, password, tls, ...rest } = form;
  const changed: HttpForm = {
    ...rest,
    ...(tls === undefined ? {} : { tls: absolute(tls, root) }),
    ...(username === undefined ? {} : { auth: { type: 'basic', username, password } }),
  };
  return changed as Part;
}

/** What the schema cannot say about `registry` and `connect`. `at` leads to it. */
export function checkHttp(file: YamlFile, at: Path, form: HttpForm): Problem[] {
  const { url, tls, auth, username, insecure } = form;
  const block = String(at.at(-1));
  const problems: Problem[] = [];
  if (auth !== undefined && username !== undefined) {
    const message = `${block} has its login twice: keep "auth", or "username" and "password"`;
    problems.push(file.problemAtKey([...at, 'username'], message));
  }
  if (tls !== undefined && !/^https:/.test(url)) {
    problems.push(
      file.problemAtKey([...at, 'tls'], `"tls" is for https: write https:// into ${block}.url, or remove it`),
    );
  }
  if (auth?.type === 'mtls' && tls?.certificate === undefined) {
    const message = `a login by certificate needs one: name it and its key by ${block}.tls.certificate and ${block}.tls.key`;
    problems.push(file.problemAt([...at, 'auth', 'type'], message));
  }
  const secret = auth?.type === 'bearer' ? 'token' : 'password';
  if (auth?.type === 'basic' || auth?.type === 'bearer' || username !== undefined) {
    const isEncrypted = /^https:/.test(url);
    problems.push(...clearTextProblem(file, [...at, 'url'], { block, secret, address: url, isEncrypted, insecure }));
  }
  return problems;
}
