import avro from 'avsc';

/** The bytes in front of the Avro payload: magic byte and schema id. */
export const HEADER_BYTES = 5;

/** An avsc type that gives decimals and times as the text PostgreSQL reads: what a consumer by hand would use. */
export function textType(schema: object): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, {
    logicalTypes: { decimal: DecimalText, 'timestamp-millis': TimestampText } as never,
  });
}

/** Written to be fast: no BigInt for amounts of everyday size. */
class DecimalText extends avro.types.LogicalType {
  readonly scale: number;

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options as never);
    this.scale = (schema as unknown as { scale: number }).scale;
  }

  protected override _fromValue(bytes: Buffer): string {
    const unscaled = bytes.length <= 6 ? bytes.readIntBE(0, bytes.length) : wide(bytes);
    const negative = unscaled < 0;
    const digits = String(negative ? -unscaled : unscaled).padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  }

  protected override _toValue(): undefined {
    return undefined;
  }
}

const wide = (bytes: Buffer): bigint => BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));

class TimestampText extends avro.types.LogicalType {
  protected override _fromValue(ms: number): string {
    return new Date(ms).toISOString();
  }

  protected override _toValue(): undefined {
    return undefined;
  }
}
