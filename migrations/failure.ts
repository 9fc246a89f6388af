import { basename } from 'node:path';
import { ConnectError, messageOf } from '../core/errors.ts';
import { lineAt, type MigrationFile, type MigrationStep } from './files.ts';
import type { Direction } from './history.ts';

/** insufficient_privilege */
const LACKS_RIGHT = '42501';

const HINT = 'fix the migration if it has not landed yet, otherwise the database it meets; then run the command again';

/** The error for a migration, or a step of it, that PostgreSQL refuses: REFUSED with its reason and the line of the file. */
export function migrationFailure(
  error: unknown,
  direction: Direction,
  file: MigrationFile,
  step?: MigrationStep,
): ConnectError {
  const { code: sqlState, position, hint: own } = error as { code?: string; position?: string; hint?: string };
  const line =
    step === undefined ? lineIn(file[direction], file.lines[direction], position) : lineOfStep(step, position);
  const place = line === undefined ? basename(file.path) : `${basename(file.path)}:${line}`;
  const what =
    step === undefined ? 'failed and was rolled back' : `failed at its step "${step.title}"; the steps before it stay`;
  return new ConnectError('REFUSED', `migration ${place} (${direction}) ${what}: ${messageOf(error)}`, {
    cause: error,
    details: { migration: file.name, direction, line, sqlState, ...(step && { step: step.title }) },
    hint: hintOf(sqlState === LACKS_RIGHT ? own : undefined, step),
  });
}

/** What a migration says itself of a right that is lacking helps more than what may be wrong with any. */
const hintOf = (own: string | undefined, step: MigrationStep | undefined): string =>
  own ?? (step === undefined ? HINT : `${HINT}, which goes on with this step`);

/** PostgreSQL counts characters of what was sent. */
const lineIn = (sent: string, firstLine: number, position: string | undefined): number | undefined =>
  position === undefined ? undefined : firstLine + lineAt(sent, Number(position)) - 1;

/** A statement that a query gave stands in no file. */
const lineOfStep = ({ sql, line, forEachRow }: MigrationStep, position: string | undefined): number =>
  (forEachRow ? undefined : lineIn(sql, line, position)) ?? line;
