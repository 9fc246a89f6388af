import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

/** The statements that a page of docs/ prepares, by name, as they stand there. */
export function preparedStatements(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(packageRoot(), 'docs', page), 'utf8');
  return new Map(
    [...text.matchAll(/^PREPARE (\w+)[^;]*? AS\n([^;]+);/gm)].map(([, name = '', statement = '']) => [name, statement]),
  );
}
