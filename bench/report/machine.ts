import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { findJava } from '../../stack/java.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly java: string;
  /** Work that others gave the machine in the minute before. */
  readonly load: number;
}

export async function describeMachine(env: NodeJS.ProcessEnv): Promise<Machine> {
  const cores = cpus();
  const java = await findJava(env);
  return {
    cpu: cores[0]?.model.trim() || 'unknown processor',
    cpus: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    java: String(java.version),
    load: loadavg()[0] ?? 0,
  };
}
