import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { readMigrations } from '../migrations/files.ts';
import { projectFile } from '../pipeline/load.ts';
import { newStreamFiles, STREAM_NAME } from '../pipeline/new-stream.ts';
import { openProject, type Runtime } from './session.ts';

/**
 * Writes the files of a new stream and returns their paths. Errors: USAGE for a bad or taken name, or when one of the
 * files is there already; then nothing is written.
 */
export function initStream(runtime: Runtime, name: string): readonly string[] {
  if (!STREAM_NAME.test(name)) {
    throw new ConnectError('USAGE', `"${name}" cannot name a stream`, {
      hint: 'lower-case words joined by underscores, for example funding_payments: it becomes topic, table and file names',
    });
  }
  const project = openProject(runtime);
  if (project.streams.some((stream) => stream.name === name)) {
    throw new ConnectError('USAGE', `there is a stream ${name} already`, { hint: `see connectors/${name}.yaml` });
  }
  const migrations = readMigrations(projectFile(project, 'migrations'));
  const numbers = migrations.map((file) => Number(file.name.slice(0, 4)));
  const files = newStreamFiles(name, {
    migrationNumber: Math.max(0, ...numbers) + 1,
    marksCorrections: migrations.some(({ up }) => /^CREATE FUNCTION mark_correction\(/m.test(up)),
  });
  const taken = files.filter(({ path }) => existsSync(projectFile(project, path)));
  if (taken.length > 0) {
    throw new ConnectError('USAGE', `${taken.map(({ path }) => path).join(', ')} exists already; nothing was written`, {
      hint: 'choose another name, or move the file away',
    });
  }
  for (const { path, text } of files) {
    const target = projectFile(project, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { flag: 'wx' });
  }
  return files.map(({ path }) => path);
}
