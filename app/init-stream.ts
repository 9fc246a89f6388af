import { ConnectError } from '../core/errors.ts';
import { problemOfStreamName } from '../pipeline/stream-name.ts';
import { streamFiles } from './init/stream-files.ts';
import { writeNewFiles } from './init/write-files.ts';
import { openProject, type Runtime } from './session.ts';

export { problemOfStreamName };

/** Errors: USAGE for what cannot name a stream. */
export function requireStreamName(name: string): void {
  const hint = problemOfStreamName(name);
  if (hint !== undefined) throw new ConnectError('USAGE', `"${name}" cannot name a stream`, { hint });
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
