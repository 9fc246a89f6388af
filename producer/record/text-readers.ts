import { jsonProblem } from '../../schemas/jsonb-text.ts';
import { dateText, daysOf, LAST_MICRO, MAX_DAY, MIN_DAY, timeOf, timeText } from '../../schemas/time-text.ts';
import { isUuid } from '../../schemas/uuid-text.ts';
import { type FieldReader, FieldRefusal, shown, wrongType } from './refused-field.ts';

/** Reads what is a whole number on the wire. */
type WholeNumber = (raw: unknown) => bigint | number | undefined;

/** A UUID in its usual form; PostgreSQL keeps no upper case. */
export const uuidReader: FieldReader = (raw) =>
  typeof raw === 'string' && isUuid(raw) ? raw.toLowerCase() : wrongType(raw, 'a UUID');

/** A text that jsonb keeps, as it is. */
export const jsonReader: FieldReader = (raw) => {
  if (typeof raw !== 'string') return wrongType(raw, 'JSON as text');
  const problem = jsonProblem(raw);
  return problem === undefined ? raw : new FieldRefusal('BAD_TEXT', `${shown(raw)} ${problem}`);
};

/** `2024-02-29`, or days since the Unix epoch. */
export const dateReader =
  (wholeNumber: WholeNumber): FieldReader =>
  (raw) => {
    if (typeof raw === 'string') return Number.isNaN(daysOf(raw)) ? wrongType(raw, 'a date like 2024-02-29') : raw;
    const days = wholeNumber(raw);
    if (days === undefined) return wrongType(raw, 'a date');
    if (days >= MIN_DAY && days <= MAX_DAY) return dateText(Number(days));
    return new FieldRefusal('OUT_OF_RANGE', `day ${days} is outside the years 1 to 9999`);
  };

/** `02:30:00.123456`, or units of so many microseconds since midnight. A finer text than the unit is refused, not cut. */
export const timeReader =
  (microsPerUnit: 1 | 1000, wholeNumber: WholeNumber): FieldReader =>
  (raw) => {
    const units = typeof raw === 'string' ? timeOf(raw) / microsPerUnit : wholeNumber(raw);
    if (units === undefined || Number.isNaN(units)) return wrongType(raw, 'a time like 02:30:00.123');
    const micros = Number(units) * microsPerUnit;
    if (!Number.isInteger(Number(units)))
      return new FieldRefusal('TOO_MANY_FRACTION_DIGITS', `${shown(String(raw))} has more than 3 fraction digits`);
    if (micros >= 0 && micros <= LAST_MICRO) return timeText(micros);
    return new FieldRefusal('OUT_OF_RANGE', `${units} is no time between 00:00 and 24:00`);
  };
