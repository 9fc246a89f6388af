import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding, Place } from '../pipeline/finding.ts';
import type { GitBase } from '../schemas/compatibility/git-base.ts';
import type { BrokenRule } from './rule.ts';

/** Whether a line is new or edited since the base. */
export type IsChanged = (place: Place) => boolean;

/**
 * Makes findings of violations. A violation has a place in each layer that disagrees: the one whose line was changed since
 * the base is reported, because that is the edit to reconsider, and the one that a pull request shows; the others follow
 * in `against`.
 */
export function toFinding(broken: BrokenRule, isChanged: IsChanged = () => false): Finding {
  const { rule, path, places, message, remedy, severity = 'error' } = broken;
  const { file, line, column } = places.find(isChanged) ?? places[0];
  const main = `${file}:${line}`;
  const others = new Set(places.map((place) => `${place.file}:${place.line}`));
  others.delete(main);
  const against = others.size === 0 ? undefined : [...others].join(', ');
  return { rule, path, file, line, column, message, remedy, severity, against };
}

/** Compares lines by their text, wherever they stand: enough to tell an edited line from one that merely moved. */
export async function changedSince(root: string, base: GitBase, files: readonly string[]): Promise<IsChanged> {
  const changed = new Map<string, ReadonlySet<number>>();
  for (const file of new Set(files)) {
    const path = join(root, file);
    if (!existsSync(path) || !/\.\w+$/.test(file)) continue;
    const before = new Set((await base.read(file))?.split('\n').map((line) => line.trim()));
    const numbers = readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => (before.has(line.trim()) ? [] : [index + 1]));
    changed.set(file, new Set(numbers));
  }
  return ({ file, line }) => changed.get(file)?.has(line) ?? false;
}
