import type { Finding, Severity } from '../../pipeline/finding.ts';
import type { AvroDoc, TypeUse } from './avro-model.ts';
import type { JsonPointer } from './json-positions.ts';
import type { Direction } from './level.ts';

/** The same place in both schemas. */
export interface Pair {
  readonly older: TypeUse;
  readonly newer: TypeUse;
}

/** What one comparison in one direction shares among the rules. */
export interface Walk {
  readonly direction: Direction;
  readonly older: AvroDoc;
  readonly newer: AvroDoc;
  /** Compares two types and everything in them. */
  resolve(pair: Pair): Finding[];
}

/** BACKWARD: the new schema reads what the old one wrote. FORWARD: the other way round. */
export function readerAndWriter({ direction }: Walk, pair: Pair): { reader: TypeUse; writer: TypeUse } {
  return direction === 'BACKWARD'
    ? { reader: pair.newer, writer: pair.older }
    : { reader: pair.older, writer: pair.newer };
}

/** Who cannot read what, for messages. */
export const whoBreaks = ({ direction }: Walk): string =>
  direction === 'BACKWARD'
    ? 'readers with the new schema cannot read the records already in the topic'
    : 'consumers that still have the old schema cannot read new records';

interface Words {
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
  readonly severity?: Severity | undefined;
  /** Where the newer schema has nothing left to point at: what it was about. */
  readonly path?: string;
}

/** A finding at a place of the newer schema: that is the file someone is editing. */
export function findingAt(walk: Walk, at: JsonPointer, { severity = 'error', ...words }: Words): Finding {
  return {
    path: walk.newer.displayPath(at),
    ...words,
    severity,
    ...walk.newer.placeOf(at),
    against: walk.older.label,
  };
}

/** The field a pointer stands in, to begin messages with: `/fields/size/type` → `size: `. */
export function subjectOf(walk: Walk, at: JsonPointer): string {
  const words = walk.newer.displayPath(at).split('/');
  const names = words.filter((_word, index) => words[index - 1] === 'fields');
  return names.length === 0 ? '' : `${names.join('.')}: `;
}

/** The way out of most changes of a type. */
export const NEW_FIELD =
  'leave the field as it is and add a new optional one of the new type beside it (["null", …], default null), fill both, and drop the old one with a new stream';
