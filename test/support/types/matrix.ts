import { LIST_CASES } from './list-cases.ts';
import { NUMBER_CASES } from './number-cases.ts';
import { TEXT_CASES } from './text-cases.ts';
import { TIME_CASES } from './time-cases.ts';
import type { TypeCase } from './type-case.ts';

/** Every type that is carried, in the order of docs/types.md. */
export const CARRIED_TYPES: readonly TypeCase[] = [...TEXT_CASES, ...TIME_CASES, ...NUMBER_CASES, ...LIST_CASES];

/** Each type with each of its columns: one field and one column. */
export const TYPE_CASES: readonly TypeCase[] = CARRIED_TYPES.flatMap((one) => [
  one,
  ...(one.also ?? []).map((column, index) => {
    const number = index + 2;
    // Avro takes each name once.
    const avro = JSON.parse(JSON.stringify(one.avro).replace(/"name":"(\w+)"/, `"name":"$1${number}"`));
    return { ...one, name: `${one.name}_${number}`, avro, column };
  }),
]);
