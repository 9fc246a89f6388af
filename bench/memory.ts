import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { BenchStack } from './stack.ts';

/** Resident memory of each part in MiB. Pages that PostgreSQL's processes share are counted once where Linux tells. */
export function residentMb({ parts }: BenchStack): Record<string, number> {
  const table = processes();
  return Object.fromEntries(
    parts.flatMap(({ name, pid }) => {
      if (pid === undefined) return [];
      const family = [pid, ...table.filter(({ parent }) => parent === pid).map((child) => child.pid)];
      const kb = family.reduce(
        (sum, id) => sum + (proportionalKb(id) ?? table.find((row) => row.pid === id)?.rssKb ?? 0),
        0,
      );
      return [[name, Math.round(kb / 1024)]];
    }),
  );
}

function processes(): { pid: number; parent: number; rssKb: number }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = 0, parent = 0, rssKb = 0] = line.trim().split(/\s+/).map(Number);
      return { pid, parent, rssKb };
    });
}

function proportionalKb(pid: number): number | undefined {
  try {
    const [, kb] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return kb === undefined ? undefined : Number(kb);
  } catch {
    return undefined;
  }
}
