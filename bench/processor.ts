import { readdirSync, readFileSync } from 'node:fs';
import type { BenchStack } from './stack.ts';

/** Kernel ticks a second, as Linux shows them to programs on every platform it runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Processor time that the stack's parts, this process and its ended children have used so far, in seconds. Undefined where
 * the system does not tell (not Linux). Unlike rates, differences of it hardly depend on what else the machine does.
 */
export function processorSeconds({ parts }: BenchStack): number | undefined {
  const wanted = new Set([process.pid, ...parts.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))]);
  try {
    let ticks = 0;
    for (const entry of readdirSync('/proc')) {
      const times = /^\d+$/.test(entry) ? timesOf(entry) : undefined;
      if (times === undefined) continue;
      // What a process has waited for is counted with it: PostgreSQL's sessions that have ended, our peers.
      if (wanted.has(Number(entry))) ticks += times.own + times.ended;
      // And its sessions that still run.
      else if (wanted.has(times.parent) && times.parent !== process.pid) ticks += times.own;
    }
    return ticks === 0 ? undefined : ticks / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
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
