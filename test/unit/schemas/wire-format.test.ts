import { describe, expect, it } from 'vitest';
import { frame, unframe, WireFormatError } from '../../../schemas/wire-format.ts';

describe('the wire format', () => {
  it('puts magic byte 0 and the id, big-endian, before the payload', () => {
    expect(frame(0x01020304, Buffer.from('ab')).toString('hex')).toBe('00010203046162');
  });

  it.each([1, 127, 65_536, 2 ** 31 - 1])('gives id %i and payload back', (schemaId) => {
    const payload = Buffer.from([0, 1, 2]);
    expect(unframe(frame(schemaId, payload))).toEqual({ schemaId, payload });
    expect(unframe(frame(schemaId, Buffer.alloc(0)))).toEqual({ schemaId, payload: Buffer.alloc(0) });
  });

  it('refuses a value without a header, and says what it found', () => {
    expect(() => unframe(Buffer.alloc(0))).toThrow(
      new WireFormatError('0 bytes are too few for magic byte and schema id'),
    );
    expect(() => unframe(Buffer.from([0, 0, 0, 1]))).toThrow(WireFormatError);
    expect(() => unframe(Buffer.from('{"a":1}'))).toThrow('magic byte is 123, not 0');
  });
});
