import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { once } from '../core/once.ts';
import { stackGroups } from './artifacts.ts';
import { artifactStore, fetchArtifacts } from './fetch-artifacts.ts';
import { existingStateFolder, type StateFolder, stateFolder, storageError } from './folders.ts';
import { findJava } from './java.ts';
import type { Part } from './part.ts';
import { connectPart } from './parts/connect.ts';
import type { PartContext } from './parts/context.ts';
import { kafkaPart } from './parts/kafka.ts';
import { postgresPart } from './parts/postgres.ts';
import { registryPart } from './parts/registry.ts';
import { outsideFolder, preparePostgresHome } from './postgres-home.ts';
import { createSecrets, lacksOldSecret, readSecrets, type StackSecrets } from './secrets-file.ts';
import { withStackLock } from './stack-lock.ts';
import { startParts } from './start-parts.ts';
import { runningProcesses, stopParts } from './stop-parts.ts';
import { PART_NAMES, type PartName, type PartStatus, type StackEvent, type StackOptions } from './types.ts';

/**
 * Starts what is not running and returns once every part does its work: PostgreSQL takes SQL, the broker and the
 * registry answer, Connect takes writes and lists the sink. The parts live on when this process ends.
 * Errors: ENVIRONMENT (Java, ports, disk, a part that does not start), those of the download, INTERRUPTED; in each
 * case what this call has started is stopped again.
 */
export async function up(options: StackOptions): Promise<readonly PartStatus[]> {
  const { root, fresh, onEvent = () => {} } = options;
  const folder = stateFolder(root);
  return withStackLock(folder, options, async (signal) => {
    try {
      if (fresh) await removeState(folder, root, onEvent);
      const parts = describeParts(folder, options, onEvent);
      const started = await startParts(parts, { folder, signal, onEvent });
      return parts.map(({ name, port }): PartStatus => {
        // Asks the operating system, not the part.
        const pid = runningProcesses(folder, name)[0]?.pid;
        const state = pid === undefined ? 'stopped' : 'running';
        return { name, pid, state, startedByThisCall: started.has(name), port, logFile: folder.logFile(name) };
      });
    } catch (error) {
      throw storageError(error, folder.path) ?? error;
    }
  });
}

/** Stops every part, also those left over from a process that was killed. Returns the parts that ran. */
export async function down(options: Pick<StackOptions, 'root' | 'onEvent' | 'signal'>): Promise<readonly PartName[]> {
  const folder = existingStateFolder(options.root);
  if (folder === undefined) return [];
  return withStackLock(folder, options, () => stopParts(folder, new Set(PART_NAMES), options.onEvent));
}

async function removeState(folder: StateFolder, root: string, onEvent: (event: StackEvent) => void): Promise<void> {
  await stopParts(folder, new Set(PART_NAMES), onEvent);
  const { data, logs, config, secretsFile, stateFile } = folder;
  for (const path of [data, logs, config, secretsFile, stateFile]) await rm(path, { recursive: true, force: true });
  if (process.getuid?.() === 0) await rm(outsideFolder(folder), { recursive: true, force: true });
  stateFolder(root);
}

function describeParts(
  folder: StateFolder,
  { ports, env }: StackOptions,
  onEvent: (event: StackEvent) => void,
): readonly Part[] {
  const store = artifactStore(env);
  const groups = stackGroups(store.cache);
  const postgres = preparePostgresHome(folder);
  const context: PartContext = {
    folder,
    ports,
    env,
    groups,
    postgres,
    secrets: stackSecrets(folder, postgres.data),
    java: once(() => findJava(env)),
    artifacts: once((signal: AbortSignal) =>
      fetchArtifacts(Object.values(groups), {
        ...store,
        signal,
        onProgress: (doneBytes, totalBytes) => onEvent({ kind: 'download', doneBytes, totalBytes }),
        onNote: (message) => onEvent({ kind: 'note', message }),
      }),
    ),
  };
  return [postgresPart(context), kafkaPart(context), registryPart(context), connectPart(context)];
}

function stackSecrets(folder: StateFolder, postgresData: string): StackSecrets {
  const secrets = readSecrets(folder);
  if (secrets !== undefined) return secrets;
  if (lacksOldSecret(folder) && existsSync(join(postgresData, 'PG_VERSION'))) {
    const message = `the passwords of the database in ${postgresData} are gone (${folder.secretsFile})`;
    throw new ConnectError('ENVIRONMENT', message, { hint: 'start from empty: `connect up --fresh`' });
  }
  return createSecrets(folder);
}
