/** What stands where values of a row stood. */
const LEFT_OUT = '…';

/**
 * Where PostgreSQL, its driver and a converter begin to quote a row. A value may hold anything, also what looks like the end of the
 * quote, so all that follows goes as well.
 */
const QUOTES: readonly RegExp[] = [
  // Failing row contains (…), Partition key of the failing row contains (…), Key (…)=(…) already exists.
  /(failing row contains(?: \([^()]{0,200}\) =)? \().*$/is,
  /(\)\s?=\s?\().*$/s,
  // Batch entry 0 INSERT INTO … VALUES (…) was aborted.
  /(\bVALUES\s{0,9}\().*$/is,
  // invalid input syntax for type numeric: "…", invalid input value for enum side: "…", date/time field value out of range: "…",
  // malformed array literal: "…", For input string: "…".
  /((?:\binvalid (?:input|value)|\bout of range|\bmalformed|\binput string|\binput syntax)[^":]{0,60}: ").*$/is,
  // invalid input syntax for type json Detail: Token "…" is invalid.
  /(\binvalid input syntax for type [\w ]{1,40}(?:: ")?).*$/is,
  /(\bJSON data, line \d{1,9}: ).*$/is,
  // time zone "…" not recognized
  /(\btime zone ").*$/is,
  // invalid byte sequence for encoding "UTF8": 0x00
  /(\bbyte sequence for encoding "[^"]{0,60}": ).*$/is,
];

/** value "40000" is out of range for type smallint: a number that has no end but its quote. */
const OUT_OF_RANGE = /"[^"]*"(?= is out of range)/gi;

/** An error's text without the values of the row that it is about: what leaves the machine, or stays in a log, says of a row only where it is. */
export const withoutValues = (text: string): string =>
  QUOTES.reduce((left, quote) => left.replace(quote, `$1${LEFT_OUT}`), text.replaceAll(OUT_OF_RANGE, LEFT_OUT));
