import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectError } from '../core/errors.ts';

/** Kafka 4, the sink connector and the registry are compiled for this release. */
export const REQUIRED_JAVA = 17;

export interface Java {
  /** The executable, absolute or found on the PATH. */
  readonly command: string;
  readonly version: string;
}

interface Candidate {
  readonly command: string;
  readonly origin: string;
  readonly finding: string;
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
  const rejected: Candidate[] = [];
  for (const { command, origin } of places) {
    const found = await askVersion(command, env);
    if ('version' in found && majorVersion(found.version) >= REQUIRED_JAVA) return { command, version: found.version };
    rejected.push({ command, origin, finding: 'version' in found ? `Java ${found.version}` : found.problem });
  }
  const list = rejected.map(({ origin, finding }) => `${origin}: ${finding}`).join('; ');
  throw new ConnectError('ENVIRONMENT', `the local stack needs Java ${REQUIRED_JAVA} or newer (${list})`, {
    details: { required: REQUIRED_JAVA, found: rejected },
    hint: `install a JDK or JRE ${REQUIRED_JAVA}+ (for example https://adoptium.net) and set JAVA_HOME to its folder`,
  });
}

async function askVersion(command: string, env: NodeJS.ProcessEnv): Promise<{ version: string } | { problem: string }> {
  try {
    const { stderr, stdout } = await promisify(execFile)(command, ['-version'], {
      env: { PATH: env.PATH ?? '' },
      timeout: 20_000,
    });
    const version = parseVersion(stderr + stdout);
    return version === undefined ? { problem: 'its version is not readable' } : { version };
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT') return { problem: 'none found' };
    if (code === 'EACCES') return { problem: `${command} may not be executed` };
    const firstLine = stderr.trim().split('\n')[0] ?? '';
    return { problem: `it does not run${firstLine === '' ? '' : ` (${firstLine})`}` };
  }
}

/** The quoted version in what `java -version` prints. */
export function parseVersion(output: string): string | undefined {
  return /version "([^"]+)"/.exec(output)?.[1];
}

/** 17 of "17.0.15", 8 of "1.8.0_392", 25 of "25-ea"; NaN of anything else. */
export function majorVersion(version: string): number {
  const [first = '', second = ''] = version.split(/[.+_-]/);
  return first === '1' ? Number.parseInt(second, 10) : Number.parseInt(first, 10);
}
