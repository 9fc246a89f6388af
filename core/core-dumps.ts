import { writeFileSync } from 'node:fs';

/**
 * Keeps a process's memory, and that of its children, out of core dumps: passwords are in it. Only Linux can be asked; elsewhere core dumps
 * are off unless somebody has switched them on.
 */
export function leaveOutOfCoreDumps(pid: number | 'self'): void {
  try {
    if (process.platform === 'linux') writeFileSync(`/proc/${pid}/coredump_filter`, '0');
  } catch {
    // It has ended by now, or the kernel was built without core dumps.
  }
}
