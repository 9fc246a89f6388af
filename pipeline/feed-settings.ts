import { holdsReference, isReference } from '../core/reference.ts';
import { clearTextProblem } from './clear-text.ts';
import type { Problem } from './finding.ts';
import { absolute } from './kafka-settings.ts';
import type { Environment } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

type Feed = Environment['feed'];

/** `feed` with its files by absolute path. */
export const completeFeed = (form: Feed, root: string): Feed =>
  typeof form.tls === 'object' ? { ...form, tls: absolute(form.tls, root) } : form;

/** What the schema cannot say about `feed`. `at` leads to it. */
export function checkFeed(file: YamlFile, at: Path, feed: Feed): Problem[] {
  const { address, tls, token, metadata = {}, insecure } = feed;
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(metadata)) {
    const path = [...at, 'metadata', name];
    if (name === 'authorization' && token !== undefined) {
      problems.push(file.problemAt(path, 'feed.token is sent as authorization already; remove one of the two'));
    }
    if (holdsReference(value) && !isReference(value)) {
      problems.push(
        file.problemAt(path, `${name} mixes text with a reference; let the reference hold all of the value`),
      );
    }
  }
  const [secretName] = Object.entries(metadata).find(([, value]) => isReference(value)) ?? [];
  if (token === undefined && secretName === undefined) return problems;
  const secret = token === undefined ? `metadata ${secretName}` : 'token';
  const where = token === undefined ? ['metadata', secretName ?? ''] : ['token'];
  const way = { block: 'feed', secret, address, isEncrypted: tls !== false, insecure };
  return [...problems, ...clearTextProblem(file, [...at, ...where], { ...way, change: 'set feed.tls: true' })];
}
