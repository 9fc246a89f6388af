import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../schemas/compatibility/finding.ts';
import type { GitBase } from '../schemas/compatibility/git-base.ts';
import { type Place, placeText } from './place.ts';
import type { Violation } from './rule.ts';

/** Whether a line is new or edited since the base. */
export type IsChanged = (place: Place) => boolean;

/**
 * Makes findings of violations. A violation has a place in each layer that disagrees: the one whose line was changed since
 * the base is reported, because that is the edit to reconsider, and the one that a pull request shows; the others follow
 * in `against`.
 */
export function toFinding(rule: string, violation: Violation, isChanged: IsChanged): Finding {
  const { places, path, message, remedy, severity = 'error' } = violation;
  const main = places.find(isChanged) ?? places[0];
  const others = [...new Set(places.filter((place) => place !== main).map(placeText))].filter(
    (text) => text !== placeText(main),
  );
  return {
    rule,
    path,
    file: main.file,
    line: main.line,
    column: main.column,
    message,
    remedy,
    severity,
    ...(others.length === 0 ? {} : { against: others.join(', ') }),
  };
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
