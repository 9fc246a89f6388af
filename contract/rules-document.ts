import { ruleGroups } from './all-rules.ts';
import { BASE_RULES } from './base-rules.ts';
import { DRIFT_RULES } from './drift/drift-rules.ts';
import { FILE_RULES } from './file-rules.ts';
import type { RuleText } from './rule.ts';

/** The text of docs/contract-rules.md: every rule with what must hold and what happens otherwise. */
export function rulesDocument(): string {
  const sections: readonly { readonly title: string; readonly rules: readonly RuleText[] }[] = [
    { title: 'Files', rules: Object.entries(FILE_RULES).map(([id, text]) => ({ id, ...text })) },
    ...ruleGroups,
    { title: 'What a change may not break (`--against`)', rules: BASE_RULES },
    { title: 'What runs (`--live`)', rules: DRIFT_RULES },
  ];
  return [
    '# Rules of the contract check',
    '',
    '`connect check` reports each finding with one of these ids. The table is written by `scripts/contract-rules.mjs`',
    'from the rules in `contract/`. With `--against`, the rules of `connect schemas check` apply as well.',
    ...sections.flatMap(({ title, rules }) => ['', `## ${title}`, '', ...table(rules)]),
    '',
  ].join('\n');
}

const table = (rules: readonly RuleText[]): string[] => [
  '| rule | what must hold | or else |',
  '|---|---|---|',
  ...rules.map(({ id, what, why }) => `| \`${id}\` | ${cell(what)} | ${cell(why)} |`),
];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
