import type { Finding, Severity } from '../../pipeline/finding.ts';
import type { Declared, ProtoSet } from './proto-model.ts';

/** Two versions of the .proto files. Names of the older one are already those of the newer, whatever its packages are called. */
export interface ProtoChange {
  readonly older: ProtoSet;
  readonly newer: ProtoSet;
  /** Names that types of the older version have in the newer one, where a file's package changed. */
  newName(olderName: string): string;
}

interface Words {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  readonly severity?: Severity | undefined;
}

export function protoFinding(
  change: ProtoChange,
  rule: string,
  { place: { file, line, column } }: Pick<Declared, 'place'>,
  { severity = 'error', ...words }: Words,
): Finding {
  return { rule, ...words, severity, file, line, column, against: change.older.label };
}

/** Who reads and writes these messages, for messages to people. */
export const PEERS = 'a feed and a producer of different versions';
