import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../bench.ts';
import type { Machine } from './machine.ts';
import { renderPlot } from './plot.ts';

export interface Report {
  /** ISO, UTC. */
  readonly at: string;
  readonly mode: 'full' | 'quick';
  readonly machine: Machine;
  readonly results: readonly Result[];
}

/** Writes `report.md`, `report.json`, `latest.json` and one SVG for each result. */
export async function writeReport(report: Report, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, plot } of report.results) await writeFile(join(folder, `${name}.svg`), await renderPlot(plot));
  await writeFile(join(folder, 'report.md'), markdown(report));
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify(latest(report), null, 2)}\n`);
}

/** All figures in one flat object. */
export function latest({ at, mode, machine, results }: Report): Record<string, string | number> {
  const figures = Object.assign({}, ...results.map((result) => result.figures)) as Record<string, number>;
  const rounded = Object.entries(figures).map(([key, value]) => [key, round(value)] as const);
  return { at, mode, cpus: machine.cpus, memory_gb: machine.memoryGb, ...Object.fromEntries(rounded) };
}

/** Four digits say all that a measurement knows. */
const round = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);

export function markdown({ at, mode, machine, results }: Report): string {
  const lines = [
    '# Benchmark',
    '',
    `${mode === 'quick' ? 'A quick run (`pnpm bench --quick`): few rounds of small sizes, good for a look. ' : ''}${at}. ${machineText(machine)}`,
    '',
    'Every ratio is taken side by side in one run: the contenders take turns, each round gives one ratio, and the median is shown with the lowest and the highest. Figures without a ratio belong to this machine.',
  ];
  for (const { name, title, method, table } of results) {
    lines.push('', `## ${title}`, '', method, '', ...markdownTable(table), '', `![${title}](${name}.svg)`);
  }
  return `${lines.join('\n')}\n`;
}

function markdownTable({ header, rows }: Result['table']): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)];
}

const machineText = ({ cpu, cpus, memoryGb, system, node, java, load }: Machine): string =>
  `${cpus} × ${cpu}, ${memoryGb} GB, ${system}; Node ${node}, Java ${java}; everything on this one machine, PostgreSQL with a quarter of its memory as shared_buffers. Load average at the start ${load.toFixed(1)}.`;
