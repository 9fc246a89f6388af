const MAGIC = 0;
const HEADER_BYTES = 5;

/** A Kafka value in Confluent's framing: magic byte 0, schema id as 4 bytes big-endian, Avro. */
export function frame(schemaId: number, payload: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  framed.writeUInt8(MAGIC, 0);
  framed.writeUInt32BE(schemaId, 1);
  framed.set(payload, HEADER_BYTES);
  return framed;
}

/** Bytes that are not in Confluent's framing. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError';
}

/** The inverse of `frame`. Errors: WireFormatError for a wrong magic byte or fewer than 5 bytes. */
export function unframe(framed: Buffer): { schemaId: number; payload: Buffer } {
  if (framed.length < HEADER_BYTES) {
    throw new WireFormatError(`${framed.length} bytes are too few for magic byte and schema id`);
  }
  const magic = framed.readUInt8(0);
  if (magic !== MAGIC)
    throw new WireFormatError(`magic byte is ${magic}, not 0: not written by a registry's serializer`);
  return { schemaId: framed.readUInt32BE(1), payload: framed.subarray(HEADER_BYTES) };
}
