import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { createRecordDecoder } from '../../../schemas/record-decoder.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { frame } from '../../../schemas/wire-format.ts';
import { createAvroType } from '../../support/avro-type.ts';
import { type JsonReply, serveJson } from '../../support/json-server.ts';

const failure = (call: Promise<unknown>): Promise<ConnectError> =>
  call.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => {
      if (error instanceof ConnectError) return error;
      throw error;
    },
  );
const answering = (reply: JsonReply) => serveJson(() => reply);

describe('the registry client', () => {
  it("keeps the registry's own error code and message", async () => {
    const { url } = await answering({ status: 422, body: { error_code: 42201, message: 'Invalid Avro schema' } });
    const error = await failure(createSchemaRegistry({ url }).register('s', '{}'));
    expect(error.code).toBe('REFUSED');
    expect(error.message).toBe(`schema registry at ${url} refused POST /subjects/s/versions: Invalid Avro schema`);
    expect(error.details).toEqual({ status: 422, errorCode: 42201 });
  });

  it('takes a 5xx for a registry that may be better in a moment', async () => {
    const { url } = await answering({ status: 503, body: '<html>upstream</html>' });
    const error = await failure(createSchemaRegistry({ url }).subjects());
    expect(error).toMatchObject({ code: 'NOT_READY', retryable: true, details: { status: 503 } });
    expect(error.message).toContain('HTTP 503');
  });

  it('sends its credentials and never shows them', async () => {
    const server = await answering({ status: 401, body: { error_code: 401, message: 'Unauthorized' } });
    const registry = createSchemaRegistry({
      url: server.url,
      auth: { type: 'basic', username: 'me', password: 'p4ss' },
    });
    const error = await failure(registry.setCompatibility('s', 'BACKWARD'));
    expect(server.authorization()).toBe(`Basic ${Buffer.from('me:p4ss').toString('base64')}`);
    expect(error.hint).toContain('registry.auth.password');
    expect(JSON.stringify([error.message, error.details, error.hint])).not.toContain('p4ss');
  });

  it('escapes a subject with a slash in it', async () => {
    const server = await serveJson(() => undefined);
    await createSchemaRegistry({ url: server.url }).versions('a/b value');
    expect(server.requests).toEqual(['GET /subjects/a%2Fb%20value/versions']);
  });

  it('says that the address is wrong when nothing of the API is there', async () => {
    const { url } = await serveJson(() => undefined);
    const error = await failure(createSchemaRegistry({ url }).subjects());
    expect(error.code).toBe('REFUSED');
    expect(error.hint).toContain('/apis/ccompat/v7');
  });

  it('names the address that does not answer', async () => {
    const error = await failure(createSchemaRegistry({ url: 'http://127.0.0.1:1/apis' }).subjects());
    expect(error).toMatchObject({ code: 'UNREACHABLE', retryable: true });
    expect(error.message).toContain('127.0.0.1:1');
  });
});

describe('the text of a schema', () => {
  it('is sent without the spaces between its words, and otherwise letter by letter', async () => {
    let sent: unknown;
    const { url } = await serveJson((_request, body) => {
      sent = body;
      return { status: 200, body: { id: 1 } };
    });
    const text = '{ "doc": "a  \\" b\\\\",\r\n\t"default" : 9223372036854775807 , "x": [ 1.0, -2 ] }';
    await createSchemaRegistry({ url }).register('s', text);
    expect(sent).toEqual({ schema: '{"doc":"a  \\" b\\\\","default":9223372036854775807,"x":[1.0,-2]}' });
  });
});

describe('registering a schema', () => {
  it('sets the level before anything else, then checks, then registers', async () => {
    let registered = false;
    const server = await serveJson((request) => {
      if (request === 'POST /subjects/s/versions') {
        registered = true;
        return { status: 200, body: { id: 7 } };
      }
      if (request.startsWith('PUT /config')) return { status: 200, body: {} };
      if (request === 'POST /subjects/s') return registered ? { status: 200, body: { id: 7, version: 3 } } : undefined;
      if (request === 'GET /subjects/s/versions') return { status: 200, body: [2, 1] };
      if (request.startsWith('GET /subjects/s/versions/')) return { status: 200, body: { id: 1, schema: '"long"' } };
      if (request.startsWith('POST /compatibility')) return { status: 200, body: { is_compatible: true } };
      return undefined;
    });
    const done = await registerSchema(createSchemaRegistry({ url: server.url }), {
      subject: 's',
      schemaText: '"long"',
    });
    expect(done).toEqual({ subject: 's', id: 7, version: 3, level: 'BACKWARD_TRANSITIVE', outcome: 'registered' });
    expect(server.requests).toEqual([
      'GET /config/s',
      'PUT /config/s',
      'POST /subjects/s',
      'GET /subjects/s/versions',
      'GET /subjects/s/versions/1',
      'GET /subjects/s/versions/2',
      'GET /subjects/s/versions',
      'POST /compatibility/subjects/s/versions?verbose=true',
      'POST /subjects/s/versions',
      'POST /subjects/s',
    ]);
  });

  it('does not register when the level cannot be set', async () => {
    const server = await serveJson((request) =>
      request.startsWith('PUT') ? { status: 403, body: { error_code: 40301, message: 'read only' } } : undefined,
    );
    const error = await failure(
      registerSchema(createSchemaRegistry({ url: server.url }), { subject: 's', schemaText: '{}' }),
    );
    expect(error.message).toContain('read only');
    expect(server.requests.filter((request) => !request.includes('/config/'))).toEqual([]);
  });
});

describe('the record decoder', () => {
  const schema = { type: 'record', name: 'R', namespace: 'x', fields: [{ name: 'id', type: 'long' }] };

  it('asks for a schema once, however many records need it at the same time', async () => {
    const server = await serveJson(() => ({ status: 200, body: { schema: JSON.stringify(schema) } }));
    const decoder = createRecordDecoder({ url: server.url });
    const value = frame(5, createAvroType(schema).toBuffer({ id: -(2n ** 63n) }));
    const all = await Promise.all(Array.from({ length: 50 }, () => decoder.decode(value)));
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set([-(2n ** 63n)]));
    expect(server.requests).toEqual(['GET /schemas/ids/5']);
  });

  it('asks again after a failure, so that a registry that was down does no lasting harm', async () => {
    let up = false;
    const server = await serveJson(() =>
      up
        ? { status: 200, body: { schema: JSON.stringify(schema) } }
        : { status: 401, body: { error_code: 401, message: 'no' } },
    );
    const decoder = createRecordDecoder({ url: server.url });
    const value = frame(5, createAvroType(schema).toBuffer({ id: 1n }));
    await expect(decoder.decode(value)).rejects.toMatchObject({ code: 'REFUSED' });
    up = true;
    expect(await decoder.decode(value)).toEqual({ id: 1n });
  });

  it('tells a registry that does not answer from bytes that do not decode', async () => {
    const decoder = createRecordDecoder({ url: 'http://127.0.0.1:1' });
    await expect(decoder.decode(frame(5, Buffer.alloc(1)))).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(decoder.decode(Buffer.from('{}'))).rejects.toMatchObject({ name: 'WireFormatError' });
  });

  it('asks for an unknown id once in a while, not once a record', async () => {
    const server = await serveJson(() => undefined);
    const decoder = createRecordDecoder({ url: server.url });
    const value = frame(7, Buffer.alloc(1));
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    for (let record = 0; record < 3; record += 1)
      await expect(decoder.decode(value)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(server.requests).toHaveLength(1);
    vi.setSystemTime(Date.now() + 31_000);
    await expect(decoder.decode(value)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(server.requests).toHaveLength(2);
  });

  it('asks again when the registry is busy', async () => {
    let calls = 0;
    const server = await serveJson(() => {
      calls += 1;
      return calls === 1
        ? { status: 503, body: { message: 'starting' } }
        : { status: 200, body: { schema: JSON.stringify(schema) } };
    });
    const value = frame(5, createAvroType(schema).toBuffer({ id: 1n }));
    expect(await createRecordDecoder({ url: server.url }).decode(value)).toEqual({ id: 1n });
  });

  it.each([
    ['JSON', { schema: '{}', schemaType: 'JSON' }, 'schema id 5 is of type JSON, not AVRO'],
    ['PROTOBUF', { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }, 'schema id 5 is of type PROTOBUF, not AVRO'],
    ['huge', { schema: JSON.stringify({ ...schema, doc: 'x'.repeat(2 ** 20) }) }, /^schema id 5 has \d+ characters/],
  ])('builds nothing from a schema that is %s', async (_name, body, message) => {
    const server = await serveJson(() => ({ status: 200, body }));
    const decoding = createRecordDecoder({ url: server.url }).decode(frame(5, Buffer.alloc(1)));
    await expect(decoding).rejects.toThrow(message);
    await expect(decoding).rejects.toMatchObject({ name: 'UnusableSchemaError' });
  });

  it('reads a schema that names one of another subject', async () => {
    const side = { type: 'enum', name: 'Side', namespace: 'x', symbols: ['Long', 'Short'] };
    const whole = { ...schema, fields: [...schema.fields, { name: 'side', type: 'x.Side' }] };
    const references = [{ name: 'x.Side', subject: 'side', version: 2 }];
    const server = await serveJson((request) => ({
      status: 200,
      body: request.endsWith('/subjects/side/versions/2')
        ? { id: 1, version: 2, schema: JSON.stringify(side) }
        : { schema: JSON.stringify(whole), references },
    }));
    const own = { ...schema, fields: [...schema.fields, { name: 'side', type: side }] };
    const value = frame(5, createAvroType(own).toBuffer({ id: 3n, side: 'Short' }));
    expect(await createRecordDecoder({ url: server.url }).decode(value)).toEqual({ id: 3n, side: 'Short' });
  });

  it('takes records of the stream only, where it is told whose they are', async () => {
    const server = await serveJson(() => ({ status: 200, body: { schema: JSON.stringify(schema) } }));
    const decoder = createRecordDecoder({ url: server.url });
    const value = frame(5, createAvroType(schema).toBuffer({ id: 1n }));
    expect(await decoder.of('x.R').decode(value)).toEqual({ id: 1n });
    await expect(decoder.of('x.Other').decode(value)).rejects.toMatchObject({
      name: 'UnusableSchemaError',
      message: 'schema id 5 is of x.R, not of x.Other',
    });
    expect(server.requests).toHaveLength(1);
  });

  const record = (name: string, type: unknown) => ({ type: 'record', name, fields: [{ name: 'a', type }] });
  const doubled = Array.from({ length: 30 }).reduce<object>(
    (inner, _none, level) => ({
      type: 'record',
      name: `L${level}`,
      fields: [
        { name: 'a', type: inner },
        { name: 'b', type: (inner as { name: string }).name },
      ],
    }),
    { type: 'record', name: 'Leaf', fields: [] },
  );

  it.each([
    [
      'an array of nothing',
      record('R', { type: 'array', items: 'null' }),
      /has an array of elements that may take no byte/,
    ],
    ['a map', record('R', ['null', { type: 'map', values: 'null' }]), /has a field of type map/],
    ['itself', record('R', ['null', 'R']), /has a type inside itself/],
    ['records that double thirty times', doubled, /has more than 2000 fields/],
  ])('decodes nothing by a schema with %s: a few bytes could take hours', async (_name, bomb, message) => {
    const server = await serveJson(() => ({ status: 200, body: { schema: JSON.stringify(bomb) } }));
    // A billion elements in six bytes.
    const payload = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08, 0x00]);
    const started = performance.now();
    await expect(createRecordDecoder({ url: server.url }).decode(frame(5, payload))).rejects.toThrow(message);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
