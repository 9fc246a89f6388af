import { allChecks } from '../operate/doctor/all-checks.ts';
import type { Verdict } from '../operate/doctor/check.ts';
import { type DoctorReport, diagnose } from '../operate/doctor/diagnose.ts';
import { createProbes } from '../operate/doctor/probes.ts';
import { cacheFolder } from '../stack/folders.ts';
import { findJava } from '../stack/java.ts';
import type { Session } from './session.ts';

export type { DoctorReport, Verdict };

/** How a diagnosis is made. */
export interface DoctorOptions {
  /** Bound of each check, in milliseconds. */
  readonly timeoutMs: number;
  /** Version of the Node that runs this: `v20.12.0`. */
  readonly nodeVersion: string;
}

/** Looks at every part of an environment. Changes nothing. Errors: USAGE alone; a part that does not answer is in the report. */
export async function doctor(session: Session, { timeoutMs, nodeVersion }: DoctorOptions): Promise<DoctorReport> {
  const { project, environment, streams, secrets, env, signal } = session;
  const machine = {
    nodeVersion,
    java: async () => (await findJava(env)).version,
    folders: [
      { what: 'local stack', path: `${project.root}/.connect` },
      { what: 'downloads', path: cacheFolder(env) },
    ],
  };
  const host = await session.host();
  const probes = createProbes({ project, environment, streams, machine, host }, secrets);
  try {
    return await diagnose(allChecks, probes, { timeoutMs, signal });
  } finally {
    probes.close();
  }
}
