/** Why an update is refused. The words appear in the `reason` header of the rejected topic. */
export const REFUSAL_CODES = [
  /** The message is no valid protobuf of the feed's type, or holds none of the known kinds of message. */
  'UNDECODABLE',
  /** A required field is unset or an empty text. */
  'MISSING',
  /** The field holds another type than the schema's. */
  'WRONG_TYPE',
  /** Text that PostgreSQL cannot hold: a NUL character, half of a surrogate pair, or bytes that were not UTF-8. */
  'BAD_TEXT',
  'TOO_SHORT',
  'TOO_LONG',
  /** Not one of the words the schema allows. */
  'NOT_ALLOWED',
  /** A number or time beyond what its column holds. */
  'OUT_OF_RANGE',
  /** A time that the field's unit would round. */
  'NOT_EXACT',
  /** A cursor that is lower than the one before it. */
  'CURSOR_BACK',
  /** Not a plain decimal number: NaN, an exponent, spaces, a plus sign. */
  'NOT_A_DECIMAL',
  /** More digits behind the point than the column keeps; never rounded. */
  'TOO_MANY_FRACTION_DIGITS',
  /** More digits before the point than the column holds. */
  'TOO_MANY_DIGITS',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** One reason for refusing an update. `field` is left out when the reason is the message as a whole. */
export interface Refusal {
  readonly field?: string | undefined;
  readonly code: RefusalCode;
  readonly message: string;
}
