import type { Plan, PlanAction, PlanEntry, PlannedChange } from '../../app/plan.ts';
import { inLine } from '../../core/visible.ts';

const MARKS: Readonly<Record<PlanAction, string>> = {
  create: '+',
  update: '~',
  replace: '±',
  delete: '-',
  unchanged: '=',
  blocked: '!',
  unknown: '?',
};

/** A plan as text: one paragraph for each thing, and what it comes to. `given`: the flags that an entry may need. */
export function planLines(plan: Plan, given: readonly NonNullable<PlanEntry['needs']>[] = []): string[] {
  const titles = plan.entries.map(title);
  const width = Math.max(0, ...titles.map(({ length }) => length));
  const { create, update, replace, delete: removed } = plan.counts;
  return [
    `env=${plan.environment}  target=${plan.target}`,
    ...plan.entries.flatMap((entry, index) => entryLines(entry, (titles[index] ?? '').padEnd(width), given)),
    `Plan: ${create} to create, ${update} to update, ${replace} to replace, ${removed} to delete`,
  ];
}

const title = ({ action, kind, name }: PlanEntry): string => `${MARKS[action]} ${kind} ${name}`.trimEnd();

function entryLines(entry: PlanEntry, padded: string, given: readonly PlanEntry['needs'][]): string[] {
  const { changes, effects, ignored, notes, by, summary, needs } = entry;
  const only = needs === undefined || given.includes(needs) ? '' : `; only with ${needs}`;
  const width = Math.max(0, ...changes.map(({ key }) => key.length));
  return [
    `  ${padded}   ${summary}${only}${by === undefined ? '' : `  (by \`${by}\`)`}`,
    ...changes.map((change) => `      ${changeText(change, width)}`),
    ...effects.map((effect) => `    effect: ${effect}`),
    ...ignored.map(({ key, reason }) => `    ignored: ${key} (${reason})`),
    ...notes.map((note) => `    note: ${note}`),
  ];
}

/** One setting that changes, on one line; `width` of the keys of all. */
export function changeText({ key, before, after, secret }: PlannedChange, width: number): string {
  const mark = before === undefined ? '+' : after === undefined ? '-' : '~';
  const values = [before, after].filter((value) => value !== undefined);
  const isAllHidden = values.every((value) => value === '(secret)');
  const text = isAllHidden ? 'changes' : values.map((value) => valueText(inLine(value), secret)).join(' → ');
  return `${mark} ${key.padEnd(width)}  ${secret ? '(secret) ' : ''}${text}`;
}

const valueText = (value: string, secret: boolean): string =>
  secret ? value.replace('(secret)', 'a literal') : `"${value}"`;
