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
export function checkFeed(file: YamlFile, at: Path, { address, tls, token, insecure }: Feed): Problem[] {
  if (token === undefined) return [];
  const way = { block: 'feed', secret: 'token', address, isEncrypted: tls !== false, insecure };
  return clearTextProblem(file, [...at, 'token'], { ...way, change: 'set feed.tls: true' });
}
