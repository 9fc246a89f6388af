import { ConnectError } from '../../core/errors.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { RecordContent } from './record-content.ts';

/** `FIELD=VALUE`. */
export interface Condition {
  readonly field: string;
  readonly value: string;
}

/** What a dead letter has besides the fields of its update. A field of the update with one of these names cannot be asked for. */
const OWN_FIELDS = ['cause', 'stage', 'partition', 'offset', 'key'];

/** Whether a condition is about the update. Reading thousands of updates takes a while, and a registry that answers. */
export const needContent = (conditions: readonly Condition[]): boolean =>
  conditions.some(({ field }) => !OWN_FIELDS.includes(field));

/** Reads conditions. Errors: USAGE for one without `=`. */
export function parseConditions(words: readonly string[]): Condition[] {
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at > 0) return { field: word.slice(0, at).trim(), value: word.slice(at + 1).trim() };
    throw new ConnectError('USAGE', `--where "${word}" is not FIELD=VALUE`, {
      hint: `FIELD is one of ${OWN_FIELDS.join(', ')}, or a field of the update: --where owner=4Nd1m…`,
    });
  });
}

/**
 * Whether a dead letter meets all conditions. A cause contains the value; partition and offset are those in its name; amounts
 * are equal as numbers (1.5 is 1.500000), all else as text. Without `content`, no condition on the update is met.
 */
export const meetsConditions = (
  deadLetter: DeadLetter,
  conditions: readonly Condition[],
  content?: RecordContent,
): boolean =>
  conditions.every(({ field, value }) => {
    const { partition, offset } = deadLetter.origin ?? deadLetter.place;
    switch (field) {
      case 'cause':
        return deadLetter.cause.toLowerCase().includes(value.toLowerCase());
      case 'stage':
        return deadLetter.stage.toLowerCase() === value.toLowerCase();
      case 'partition':
        return String(partition) === value;
      case 'offset':
        return offset.toString() === value;
      case 'key':
        return deadLetter.record.key?.toString() === value;
      default:
        return content?.kind === 'update' && isEqual(content.fields[field], value);
    }
  });

const DECIMAL = /^-?\d+(\.\d+)?$/;

const isEqual = (found: string | null | undefined, wanted: string): boolean =>
  found === wanted ||
  (DECIMAL.test(found ?? '') && DECIMAL.test(wanted) && withoutZeros(found ?? '') === withoutZeros(wanted));

/** A decimal without leading and trailing zeros. */
const withoutZeros = (text: string): string => {
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short.replace(/^(-?)0+(?=\d)/, '$1').replace(/^-0$/, '0');
};
