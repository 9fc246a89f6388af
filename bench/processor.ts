import { readdirSync, readFileSync } from 'node:fs';
import type { BenchStack } from './stack.ts';

/** Kernel ticks a second, as Linux shows them to programs on every platform it runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Processor time that the stack's parts, this process and its ended children have used so far, in seconds. Undefined where
 * the system does not tell (not Linux). Unlike rates, differences of it hardly depend on what else the machine does.
 */
export function processorSeconds(stack: BenchStack): number | undefined {
  const parts = processorOfParts(stack);
  const own = timesOf(String(process.pid));
  if (parts === undefined || own === undefined) return undefined;
  return Object.values(parts).reduce((sum, seconds) => sum + seconds, (own.own + own.ended) / TICKS_PER_SECOND);
}

/** The same of each part by itself, by its name. */
export function processorOfParts({ parts }: BenchStack): Readonly<Record<string, number>> | undefined {
  const running = parts.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]));
  const ticks = new Map<number, number>(running.map(({ pid }) => [pid, 0]));
  try {
    for (const entry of readdirSync('/proc')) {
      const times = /^\d+$/.test(entry) ? timesOf(entry) : undefined;
      if (times === undefined) continue;
      // What a process has waited for is counted with it: PostgreSQL's sessions that have ended. And its sessions that still run.
      const isPart = ticks.has(Number(entry));
      const part = isPart ? Number(entry) : times.parent;
      const before = ticks.get(part);
      if (before !== undefined) ticks.set(part, before + times.own + (isPart ? times.ended : 0));
    }
  } catch {
    return undefined;
  }
  return Object.fromEntries(running.map(({ name, pid }) => [name, (ticks.get(pid) ?? 0) / TICKS_PER_SECOND]));
}

function timesOf(pid: string): { parent: number; own: number; ended: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields from the third on; the second is a name that may hold anything.
    const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
    const at = (field: number) => Number(fields[field - 3]);
    return { parent: at(4), own: at(14) + at(15), ended: at(16) + at(17) };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
