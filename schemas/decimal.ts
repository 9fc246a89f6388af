/** A decimal column or field: at most `precision` digits, exactly `scale` of them after the point. */
export interface DecimalShape {
  readonly precision: number;
  readonly scale: number;
}

export type DecimalProblem = 'NOT_A_DECIMAL' | 'TOO_MANY_FRACTION_DIGITS' | 'TOO_MANY_DIGITS';

/** A text that is no decimal of the asked shape; `problem` says in which way. */
export class DecimalError extends Error {
  override readonly name = 'DecimalError';
  readonly problem: DecimalProblem;

  constructor(problem: DecimalProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

const PLAIN = /^-?\d+(?:\.\d+)?$/;
// A text longer than this is cut in messages: it may be a megabyte of digits.
const SHOWN = 60;

/**
 * "-12.5" with scale 6 → -12500000n: the value times 10^scale. Nothing is rounded or cut; more fraction digits than the
 * scale are refused even when they are zeros, because the contract names their number. Errors: DecimalError.
 */
export function parseDecimal(text: string, { precision, scale }: DecimalShape): bigint {
  if (!PLAIN.test(text)) {
    throw new DecimalError(
      'NOT_A_DECIMAL',
      `${shown(text)} is not a plain decimal (digits, one point, a leading minus)`,
    );
  }
  const negative = text.startsWith('-');
  const point = text.indexOf('.');
  const whole = (point < 0 ? text.slice(negative ? 1 : 0) : text.slice(negative ? 1 : 0, point)).replace(/^0+/, '');
  const fraction = point < 0 ? '' : text.slice(point + 1);
  if (fraction.length > scale) {
    const message = `${shown(text)} has ${fraction.length} fraction digits, the scale is ${scale}`;
    throw new DecimalError('TOO_MANY_FRACTION_DIGITS', message);
  }
  if (whole.length > precision - scale) {
    const message = `${shown(text)} has ${whole.length} digits before the point, at most ${precision - scale} fit`;
    throw new DecimalError('TOO_MANY_DIGITS', message);
  }
  const unscaled = BigInt(whole + fraction.padEnd(scale, '0') || '0');
  return negative ? -unscaled : unscaled;
}

/** -12500000n with scale 6 → "-12.500000": exactly `scale` fraction digits, and zero has no sign. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  return withPoint(negative, (negative ? -unscaled : unscaled).toString(), scale);
}

function withPoint(negative: boolean, digits: string, scale: number): string {
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, '0');
  const point = padded.length - scale;
  const text = scale === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
  return negative ? `-${text}` : text;
}

/** Big-endian two's complement in as few bytes as hold the sign: Avro's form of a decimal. */
export function toTwosComplement(value: bigint): Buffer {
  let bytes = 1;
  // -128 fits one byte and 128 does not, hence the complement for negatives.
  for (let magnitude = (value < 0n ? ~value : value) >> 7n; magnitude > 0n; magnitude >>= 8n) bytes += 1;
  const hex = BigInt.asUintN(bytes * 8, value).toString(16);
  return Buffer.from(hex.padStart(bytes * 2, '0'), 'hex');
}

/** Two's complement, also longer than needed, as canonical text. Errors: DecimalError for no bytes at all. */
export function decodeDecimal(bytes: Buffer, scale: number): string {
  if (bytes.length === 0) throw new DecimalError('NOT_A_DECIMAL', 'a decimal of no bytes');
  if (bytes.length > 6) {
    return formatDecimal(BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`)), scale);
  }
  // Numbers of up to six bytes are exact in a double, and Buffer reads them itself.
  const unscaled = bytes.readIntBE(0, bytes.length);
  const digits = Math.abs(unscaled).toString();
  return withPoint(unscaled < 0, digits, scale);
}

const shown = (text: string): string => JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
