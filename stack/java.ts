import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectError } from '../core/errors.ts';
import { isOlder } from '../core/version.ts';

/** Kafka 4, the sink connector and the registry are compiled for this release. */
export const REQUIRED_JAVA = 17;

export interface Java {
  /** The executable, absolute or found on the PATH. */
  readonly command: string;
  readonly version: string;
}

/**
 * The first Java of JAVA_HOME and PATH that is new enough.
 * Errors: ENVIRONMENT, naming every Java that was looked at and why it would not do.
 */
export async function findJava(env: NodeJS.ProcessEnv): Promise<Java> {
  const places = [
    ...(env.JAVA_HOME ? [{ command: join(env.JAVA_HOME, 'bin', 'java'), origin: `JAVA_HOME (${env.JAVA_HOME})` }] : []),
    { command: 'java', origin: 'PATH' },
  ];
  const found: { command: string; origin: string; finding: string }[] = [];
  for (const place of places) {
    const { version, problem } = await askVersion(place.command, env);
    if (version !== undefined && !isOlder(version, String(REQUIRED_JAVA))) return { command: place.command, version };
    found.push({ ...place, finding: problem ?? `Java ${version}` });
  }
  const list = found.map(({ origin, finding }) => `${origin}: ${finding}`).join('; ');
  throw new ConnectError('ENVIRONMENT', `the local stack needs Java ${REQUIRED_JAVA} or newer (${list})`, {
    details: { required: REQUIRED_JAVA, found },
    hint: `install a JDK or JRE ${REQUIRED_JAVA}+ (for example https://adoptium.net) and set JAVA_HOME to its folder`,
  });
}

async function askVersion(command: string, env: NodeJS.ProcessEnv): Promise<{ version?: string; problem?: string }> {
  try {
    const { stderr, stdout } = await promisify(execFile)(command, ['-version'], {
      env: { PATH: env.PATH ?? '' },
      timeout: 20_000,
    });
    const [, version] = /version "([^"]+)"/.exec(stderr + stdout) ?? [];
    return version === undefined ? { problem: 'its version is not readable' } : { version };
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT') return { problem: 'none found' };
    if (code === 'EACCES') return { problem: `${command} may not be executed` };
    const firstLine = stderr.trim().split('\n')[0] ?? '';
    return { problem: `it does not run${firstLine === '' ? '' : ` (${firstLine})`}` };
  }
}
