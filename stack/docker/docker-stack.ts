import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import { createEnvFile } from './env-file.ts';

export interface DockerOptions {
  /** The folder of docker-compose.yml. */
  readonly root: string;
  /** Environment of `docker`; its PATH decides which one is run. */
  readonly env: NodeJS.ProcessEnv;
  /** Whatever Docker says while it works. */
  readonly onOutput?: (text: string) => void;
  readonly onNote?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A service of docker-compose.yml that has a container. */
export type ContainerStatus = Awaited<ReturnType<typeof containers>>[number];

/** Containers of every profile, not only of those that are selected. */
const EVERY_PROFILE = ['--profile', '*'] as const;

/**
 * `docker compose up --detach --wait`: returns once every service is healthy. Writes `.env` on the first call.
 * Errors: ENVIRONMENT when there is no Docker, no Compose, no running engine, or a service does not get healthy;
 * USAGE when a password is missing; INTERRUPTED.
 */
export async function dockerUp(
  options: DockerOptions & { readonly fresh?: boolean },
): Promise<readonly ContainerStatus[]> {
  requireComposeFile(options.root);
  if (createEnvFile(options.root)) options.onNote?.('wrote .env with new passwords');
  if (options.fresh) await compose(options, [...EVERY_PROFILE, 'down', '--volumes']);
  const before = new Set((await containers(options)).filter(isRunning).map(({ container }) => container));
  await compose(options, ['up', '--detach', '--wait']);
  return (await containers(options)).map((status) => ({
    ...status,
    startedByThisCall: isRunning(status) && !before.has(status.container),
  }));
}

/** `docker compose down` for every profile; volumes, and so the data, stay. Returns the services that had a container. */
export async function dockerDown(options: DockerOptions): Promise<readonly string[]> {
  requireComposeFile(options.root);
  const stopped = (await containers(options)).map(({ name }) => name);
  await compose(options, [...EVERY_PROFILE, 'down']);
  return stopped;
}

const isRunning = ({ state }: ContainerStatus): boolean => state === 'running';

function requireComposeFile(root: string): void {
  if (existsSync(join(root, 'docker-compose.yml'))) return;
  throw new ConnectError('USAGE', `there is no docker-compose.yml in ${root}`, {
    hint: 'leave --docker out: the embedded stack needs none',
  });
}

interface ListedContainer {
  readonly Service: string;
  readonly ID: string;
  readonly State: string;
  readonly Health: string;
  readonly Publishers: readonly { readonly PublishedPort: number }[] | null;
}

async function containers(options: DockerOptions) {
  const text = await compose({ ...options, onOutput: () => {} }, [...EVERY_PROFILE, 'ps', '--all', '--format', 'json']);
  // One document a line; before Compose 2.21 it was one array.
  const listed = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => JSON.parse(line) as ListedContainer | ListedContainer[]);
  return listed.map(({ Service, ID, State, Health, Publishers }) => ({
    name: Service,
    container: ID.slice(0, 12),
    /** Docker's own words: running, exited … */
    state: State,
    /** healthy, unhealthy, starting; empty when the service has no health check. */
    health: Health,
    /** Loopback port; undefined when it publishes none. */
    port: Publishers?.find(({ PublishedPort }) => PublishedPort > 0)?.PublishedPort,
    startedByThisCall: false,
  }));
}

/** Of what Docker writes, the end: a pull or a build says megabytes. */
const KEPT_TEXT = 1 << 20;

/** Runs `docker compose` in the project's folder; returns its standard output. */
async function compose({ root, env, onOutput, signal }: DockerOptions, args: readonly string[]): Promise<string> {
  const child = spawn('docker', ['compose', ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Compose itself takes an interrupt as the wish to stop waiting, and ends.
  const interrupt = () => void child.kill('SIGINT');
  signal?.addEventListener('abort', interrupt, { once: true });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-KEPT_TEXT);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_TEXT);
    onOutput?.(text);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (signal?.aborted) throw new ConnectError('INTERRUPTED', 'docker compose was interrupted');
    if (code === 0) return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ConnectError('ENVIRONMENT', 'there is no `docker` on the PATH', { hint: WITHOUT_DOCKER, cause: error });
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
  throw failure(args, stderr);
}

const WITHOUT_DOCKER = 'install Docker with Compose 2.21 or newer, or leave --docker out: `connect up` needs no Docker';

function failure(args: readonly string[], stderr: string): ConnectError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const last = lines.at(-1)?.trim() ?? 'it said nothing';
  if (/is not a docker command|unknown command: docker compose|unknown shorthand flag|unknown flag: --/.test(stderr)) {
    return new ConnectError('ENVIRONMENT', '`docker compose` is missing or too old', { hint: WITHOUT_DOCKER });
  }
  if (/Cannot connect to the Docker daemon|docker daemon running|dockerDesktopLinuxEngine/i.test(stderr)) {
    return new ConnectError('ENVIRONMENT', 'no Docker engine answers', {
      hint: 'start Docker (or check DOCKER_HOST), or leave --docker out: `connect up` needs no Docker',
    });
  }
  const variable = /required variable (\w+) is missing a value/.exec(stderr)?.[1];
  if (variable !== undefined) {
    return new ConnectError('USAGE', `${variable} has no value in .env`, {
      hint: `give it one in .env (see .env.example)`,
    });
  }
  const verb = args.find((word) => /^(up|down|ps)$/.test(word)) ?? '';
  return new ConnectError('ENVIRONMENT', `docker compose ${verb} failed: ${last}`, {
    hint: 'docker compose ps --all and docker compose logs tell more',
  });
}
