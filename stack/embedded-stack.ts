import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { once } from '../core/once.ts';
import { readArtifactLock } from './artifacts.ts';
import { artifactFolders, fetchArtifacts } from './fetch-artifacts.ts';
import { cacheFolder, existingStateFolder, type StateFolder, stateFolder, storageError } from './folders.ts';
import { findJava } from './java.ts';
import type { Part } from './part.ts';
import { connectPart } from './parts/connect.ts';
import type { PartContext } from './parts/context.ts';
import { kafkaPart } from './parts/kafka.ts';
import { postgresPart } from './parts/postgres.ts';
import { registryPart } from './parts/registry.ts';
import { outsideFolder, preparePostgresHome } from './postgres-home.ts';
import { createSecrets, readSecrets, type StackSecrets } from './secrets-file.ts';
import { withStackLock } from './stack-lock.ts';
import { startParts } from './start-parts.ts';
import { readState, writeState } from './state-file.ts';
import { runningProcesses, stopParts } from './stop-parts.ts';
import { PART_NAMES, type PartName, type StackOptions, type StackStatus } from './types.ts';

/**
 * Starts what is not running and returns once every part does its work: PostgreSQL takes SQL, the broker and the
 * registry answer, Connect takes writes and lists the sink. The parts live on when this process ends.
 * Errors: ENVIRONMENT (Java, ports, disk, a part that does not start), those of the download, INTERRUPTED; in each
 * case what this call has started is stopped again.
 */
export async function up(options: StackOptions): Promise<StackStatus> {
  const folder = stateFolder(options.root);
  return withStackLock(folder, options, async (signal) => {
    try {
      if (options.fresh) await removeState(folder, options);
      const parts = describeParts(folder, options);
      const started = await startParts(parts, { folder, signal, onEvent: (event) => options.onEvent?.(event) });
      return statusOf(folder, options.ports, started);
    } catch (error) {
      throw storageError(error, folder.path) ?? error;
    }
  });
}

/** Stops every part, also those left over from a process that was killed. Returns the parts that ran. */
export async function down(
  options: Pick<StackOptions, 'root' | 'onEvent' | 'signal'>,
): Promise<{ readonly stopped: readonly PartName[] }> {
  const folder = existingStateFolder(options.root);
  if (folder === undefined) return { stopped: [] };
  return withStackLock(folder, options, async () => ({
    stopped: await stopParts(folder, new Set(PART_NAMES), options.onEvent),
  }));
}

/** What runs at this moment. Asks the operating system, not the parts. */
export function status(options: Pick<StackOptions, 'root' | 'ports'>): StackStatus {
  const folder = existingStateFolder(options.root);
  if (folder !== undefined) return statusOf(folder, options.ports, new Set());
  const logFile = (name: PartName) => join(options.root, '.connect', 'logs', `${name}.log`);
  return {
    parts: PART_NAMES.map((name) => ({
      name,
      pid: undefined,
      state: 'stopped',
      startedByThisCall: false,
      port: options.ports[name],
      logFile: logFile(name),
    })),
  };
}

function statusOf(folder: StateFolder, ports: StackOptions['ports'], started: ReadonlySet<PartName>): StackStatus {
  const { parts } = readState(folder);
  return {
    parts: PART_NAMES.map((name) => {
      const pid = runningProcesses(folder, name)[0]?.pid;
      return {
        name,
        pid,
        state: pid === undefined ? 'stopped' : 'running',
        startedByThisCall: started.has(name),
        port: parts[name]?.port ?? ports[name],
        logFile: folder.logFile(name),
      };
    }),
  };
}

async function removeState(folder: StateFolder, options: StackOptions): Promise<void> {
  await stopParts(folder, new Set(PART_NAMES), options.onEvent);
  for (const path of [folder.data, folder.logs, folder.config]) await rm(path, { recursive: true, force: true });
  await rm(folder.secretsFile, { force: true });
  await rm(folder.stateFile, { force: true });
  if (process.getuid?.() === 0) await rm(outsideFolder(folder), { recursive: true, force: true });
  stateFolder(options.root);
}

function describeParts(folder: StateFolder, options: StackOptions): readonly Part[] {
  const lock = readArtifactLock();
  const cache = cacheFolder(options.env);
  const folders = artifactFolders(lock, cache);
  const postgres = preparePostgresHome(folder);
  const onNote = (message: string) => options.onEvent?.({ kind: 'note', message });
  const onProgress = (doneBytes: number, totalBytes: number) =>
    options.onEvent?.({ kind: 'download', doneBytes, totalBytes });
  const repository = options.env.CONNECT_MAVEN_URL ? { repository: options.env.CONNECT_MAVEN_URL } : {};
  const context: PartContext = {
    folder,
    ports: options.ports,
    env: options.env,
    folders,
    postgres,
    secrets: stackSecrets(folder, postgres.data),
    classPath: lock.groups.kafka.files.map(({ name }) => join(folders.kafka, name)).join(delimiter),
    java: once(() => findJava(options.env)),
    artifacts: once(async (signal: AbortSignal) => {
      await fetchArtifacts({ lock, cache, signal, onProgress, onNote, ...repository });
    }),
  };
  const inside = postgres.data.startsWith(folder.path);
  const { postgresFolder: _old, ...state } = readState(folder);
  writeState(folder, { ...state, ports: options.ports, ...(inside ? {} : { postgresFolder: outsideFolder(folder) }) });
  return [postgresPart(context), kafkaPart(context), registryPart(context), connectPart(context)];
}

function stackSecrets(folder: StateFolder, postgresData: string): StackSecrets {
  const secrets = readSecrets(folder);
  if (secrets !== undefined) return secrets;
  if (existsSync(join(postgresData, 'PG_VERSION'))) {
    throw new ConnectError(
      'ENVIRONMENT',
      `the passwords of the database in ${postgresData} are gone (${folder.secretsFile})`,
      {
        hint: 'start from empty: `connect up --fresh`',
      },
    );
  }
  return createSecrets(folder);
}
