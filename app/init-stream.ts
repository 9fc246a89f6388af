import { ConnectError } from '../core/errors.ts';
import { STREAM_NAME } from '../pipeline/new-stream.ts';
import { streamFiles } from './init/stream-files.ts';
import { writeNewFiles } from './init/write-files.ts';
import { openProject, type Runtime } from './session.ts';

export { STREAM_NAME };

/** Errors: USAGE for what cannot name a stream. */
export function requireStreamName(name: string): void {
  if (STREAM_NAME.test(name)) return;
  throw new ConnectError('USAGE', `"${name}" cannot name a stream`, {
    hint: 'lower-case words joined by underscores, for example funding_payments: it becomes topic, table and file names',
  });
}

/**
 * Writes the files of a new stream, with what they refer to where the project lacks it, and returns their paths. Errors: USAGE
 * for a bad or taken name, or when one of the files is there already; then nothing is written.
 */
export function initStream(runtime: Runtime, name: string): readonly string[] {
  requireStreamName(name);
  const project = openProject(runtime);
  if (project.streams.some((stream) => stream.name === name)) {
    throw new ConnectError('USAGE', `there is a stream ${name} already`, { hint: `see connectors/${name}.yaml` });
  }
  const files = streamFiles(project.root, name);
  writeNewFiles(project.root, files, 'choose another name, or move the file away');
  return files.map(({ path }) => path);
}
