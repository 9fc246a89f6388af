import { ruleGroups } from './all-rules.ts';
import { BASE_RULES } from './base-rules.ts';
import { DRIFT_RULES } from './drift/drift-rules.ts';

interface Documented {
  readonly id: string;
  readonly what: string;
  readonly why: string;
}

const FILE_RULES: readonly Documented[] = [
  {
    id: 'DEFINITION_INVALID',
    what: 'connect.yaml and the definitions fit their JSON Schemas and hold no secret in plain text.',
    why: 'No command runs with them.',
  },
  {
    id: 'FILE_INVALID',
    what: 'Every .avsc, .proto and migration file that is named can be read.',
    why: 'Nothing can be proved of a file that does not parse.',
  },
  {
    id: 'MIGRATION_FAILS',
    what: 'Every statement of every migration runs on an empty database.',
    why: 'No database can be migrated.',
  },
];

/** The text of docs/contract-rules.md: every rule with what must hold and what happens otherwise. */
export function rulesDocument(): string {
  const sections: readonly { readonly title: string; readonly rules: readonly Documented[] }[] = [
    { title: 'Files', rules: FILE_RULES },
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

const table = (rules: readonly Documented[]): string[] => [
  '| rule | what must hold | or else |',
  '|---|---|---|',
  ...rules.map(({ id, what, why }) => `| \`${id}\` | ${cell(what)} | ${cell(why)} |`),
];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
