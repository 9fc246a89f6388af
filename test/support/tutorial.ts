import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

/** What a reader of docs/tutorial.md does next: writes a file, runs commands one after the other, or compares what they have printed. */
export type TutorialStep =
  | { readonly does: 'write'; readonly path: string; readonly text: string }
  | { readonly does: 'run'; readonly commands: readonly string[] }
  | { readonly does: 'read'; readonly lines: readonly string[] };

export interface TutorialSection {
  readonly title: string;
  readonly steps: readonly TutorialStep[];
}

/** The sections that have steps, in their order. */
export function tutorialSections(): readonly TutorialSection[] {
  const text = readFileSync(join(packageRoot(), 'docs/tutorial.md'), 'utf8');
  const sections = text.split(/^## /m).map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    steps: [...section.matchAll(/^```(\w+)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm)].map(
      ([, language, path, body = '']) => stepOf(language, path, body),
    ),
  }));
  return sections.filter(({ steps }) => steps.length > 0);
}

function stepOf(language: string | undefined, path: string | undefined, body: string): TutorialStep {
  if (path !== undefined) return { does: 'write', path, text: body };
  const lines = body.trim().split('\n');
  if (language === 'sh') return { does: 'run', commands: lines };
  if (language === 'text') return { does: 'read', lines };
  throw new Error(
    `a block of ${language} in docs/tutorial.md is neither a file (title="…"), nor commands (sh), nor output (text)`,
  );
}
