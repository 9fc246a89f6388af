import { connectTarget } from '../app/connect-target.ts';
import { allChecks } from '../operate/doctor/all-checks.ts';
import { type Diagnosis, diagnose } from '../operate/doctor/diagnose.ts';
import { createProbes, type Machine } from '../operate/doctor/probes.ts';
import { selectEnvironment, selectStreams } from '../pipeline/load.ts';
import { cacheFolder } from '../stack/folders.ts';
import { findJava } from '../stack/java.ts';
import type { CliContext } from './context.ts';

export interface DoctorRequest {
  readonly env?: string | undefined;
  readonly only?: string[] | undefined;
  readonly timeout: number;
}

/** Looks at every part of an environment. Errors: USAGE alone; what does not answer is a finding. */
export async function runDoctor(
  context: CliContext,
  { env, only, timeout }: DoctorRequest,
): Promise<{ readonly environment: string; readonly diagnosis: Diagnosis }> {
  const project = await context.loadProject();
  const environment = selectEnvironment(project, env);
  const streams = selectStreams(project, only);
  const secrets = context.secrets(project);
  const machine: Machine = {
    nodeVersion: process.version,
    java: async () => (await findJava(context.env)).version,
    folders: [
      { what: 'local stack', path: `${project.root}/.connect` },
      { what: 'downloads', path: cacheFolder(context.env) },
    ],
  };
  const target = connectTarget(environment, secrets);
  const probes = createProbes({ project, environment, streams, machine, target, secrets });
  try {
    return { environment: environment.name, diagnosis: await diagnose(allChecks, probes, { timeoutMs: timeout }) };
  } finally {
    probes.close();
  }
}
