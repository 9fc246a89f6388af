import { ConnectError } from '../../../core/errors.ts';
import type { FieldMapping, PositionDefinition, TimeUnit } from '../../../pipeline/feed.ts';
import type { FileDescriptor, MessageDescriptor } from '../../../producer/feed/inspect/descriptor.ts';

/** What only a person knows of a feed. */
export interface DraftAnswers {
  /** Where the update sits in the answer: a path, or `.` for the answer itself. */
  readonly update?: string | undefined;
  /** Fields of the update that tell rows apart; the first is the record's key. */
  readonly key?: readonly string[] | undefined;
  /** Left out: none. Of slot and cursor, the request's field may be left to be found. */
  readonly position?: PositionAnswer | undefined;
  /** What whole numbers count since 1970, by field. */
  readonly times?: Readonly<Record<string, TimeUnit>> | undefined;
  /** Amounts: text, or whole numbers times 10^scale, by field. */
  readonly decimals?: Readonly<Record<string, DecimalAnswer>> | undefined;
}

export type PositionAnswer =
  | { readonly kind: 'slot' | 'cursor'; readonly field: string; readonly request?: string | undefined }
  | Extract<PositionDefinition, { kind: 'none' }>;

export interface DecimalAnswer {
  readonly precision: number;
  readonly scale: number;
}

/** The update's message, where it is declared. */
export interface UpdateType {
  /** Full name. */
  readonly name: string;
  readonly message: MessageDescriptor;
  readonly syntax: FileDescriptor;
}

/** One field of the update on its way into a column. */
export interface DraftField {
  /** Its name in the proto. */
  readonly path: string;
  /** The Avro field, which is the column. */
  readonly to: string;
  readonly mapping: Omit<FieldMapping, 'to'>;
  /** The Avro type, without null. */
  readonly type: unknown;
  /** What stands beside the type in the Avro schema. */
  readonly limits: Readonly<Record<string, unknown>>;
  readonly sql: string;
  readonly nullable: boolean;
  /** What was chosen, and might be otherwise. */
  readonly note?: string | undefined;
}

/** A field that goes nowhere. */
export interface IgnoredField {
  readonly path: string;
  readonly why: string;
  /** The proto's copy has no such field. */
  readonly isLeftOut?: boolean | undefined;
}

/** The fields of an update; those that go nowhere, with why. */
export interface FieldsDraft {
  readonly fields: readonly DraftField[];
  readonly ignored: readonly IgnoredField[];
  /** Full names of fields that the proto's copy writes `optional`. */
  readonly optional: ReadonlySet<string>;
}

/** The error for an answer that does not fit the feed. */
export const wrongAnswer = (problem: string, hint: string): ConnectError =>
  new ConnectError('USAGE', problem, { hint });
