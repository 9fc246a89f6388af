import { spawn } from 'node:child_process';
import { ConnectError } from '../../core/errors.ts';
import { instantText, type TimeRange } from './time-range.ts';

/** A command that keeps what leaves a table. */
export interface Archive {
  /** For the shell. */
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  /** Hears the lines that it writes. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs the command about one table that has left; the table is dropped when it ends with 0. It gets PERPS_PARTITION_SCHEMA, _TABLE,
 * _FROM and _TO (ISO, UTC; empty where there is no bound). Errors: REFUSED when it fails, INTERRUPTED.
 */
export async function runArchive(
  { command, env, onLine }: Archive,
  { name, from, to }: TimeRange & { readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  const [schema = '', table = ''] = name.split('.');
  const about = {
    PERPS_PARTITION_SCHEMA: schema,
    PERPS_PARTITION_TABLE: table,
    PERPS_PARTITION_FROM: instantText(from) ?? '',
    PERPS_PARTITION_TO: instantText(to) ?? '',
  };
  const child = spawn('sh', ['-c', command], { env: { ...env, ...about }, stdio: ['ignore', 'pipe', 'pipe'], signal });
  let last = '';
  passLines(child.stdout, onLine);
  passLines(child.stderr, (line) => {
    last = line.trim() || last;
    onLine(line);
  });
  const ended = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killed) =>
      resolve(code === 0 ? undefined : `it ended with ${killed ?? `exit code ${code}`}`),
    );
  });
  if (signal.aborted) throw new ConnectError('INTERRUPTED', `the archive of ${name} was interrupted`);
  if (ended === undefined) return;
  // Whole: half of a secret would no longer be found and hidden.
  const words = last === '' ? '' : `, and its last words were: ${last}`;
  throw new ConnectError('REFUSED', `the archive command failed on ${name}: ${ended}${words}`, {
    hint: `${name} is kept outside of the table; the next \`connect partitions apply --archive\` tries it again`,
  });
}

function passLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => rest === '' || onLine(rest));
}
