import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { loadProject } from '../../../pipeline/load.ts';

export const LOCAL = `default: local
environments:
  local:
    stack: { kind: embedded }
`;

export const POSITIONS = `name: positions
feed: { proto: feed.proto, service: perps.v1.PositionFeed }
schema: record.avsc
topic:
  name: positions
  partitions: 4
  key: position_account
table:
  name: public.positions
  key: [position_account, signature]
sink:
  name: positions-sink
`;

/** A project folder with these files beside an (empty) proto and schema; removed after the test. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'perps-connect-unit-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries({ 'feed.proto': '', 'record.avsc': '{}', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** What loading complains about, one `file:line:column  message` each. */
export function complaints(files: Readonly<Record<string, string>>): string[] {
  try {
    loadProject(projectFolder(files), {});
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'INVALID_DEFINITION') throw error;
    const problems = error.details.problems as { file: string; line: number; column: number; message: string }[];
    return problems.map(({ file, line, column, message }) => `${file}:${line}:${column}  ${message}`);
  }
  return [];
}
