import type { AvroValue } from '../../schemas/avro-schema.ts';
import type { RefusalCode } from './refusal.ts';

/** Turns a field of an update into the record's value, or says why it cannot. Undefined or null in is unset. */
export type FieldReader = (raw: unknown) => AvroValue | FieldRefusal;

/** Why one field is refused. A class, so that the reader's result needs no wrapper around every good value. */
export class FieldRefusal {
  readonly code: RefusalCode;
  readonly message: string;

  constructor(code: RefusalCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

export const wrongType = (raw: unknown, wanted: string): FieldRefusal =>
  new FieldRefusal('WRONG_TYPE', `${shown(String(raw))} is not ${wanted}`);

const SHOWN = 60;
/** A value as messages quote it. */
export const shown = (text: string): string => JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
