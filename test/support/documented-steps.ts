import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

/** The commands and statements of a section of docs/operations.md, in their order. */
export function documentedSteps(title: string): string[] {
  const text = readFileSync(join(packageRoot(), 'docs/operations.md'), 'utf8');
  const section = text.split(/^## /m).find((one) => one.startsWith(title)) ?? '';
  return [...section.matchAll(/```(sh|sql)\n([\s\S]*?)```/g)].flatMap(([, language, body = '']) =>
    language === 'sql' ? [body] : body.trim().split(/\n\s*/),
  );
}
