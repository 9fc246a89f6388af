import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttp, type Http } from '../../../core/http.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { type AvroRecord, loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { createRecordDecoder } from '../../../schemas/record-decoder.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry, type SchemaRegistry } from '../../../schemas/registry.ts';
import { frame } from '../../../schemas/wire-format.ts';
import { createAvroType } from '../../support/avro-type.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

const positions = loadAvroSchema(join(packageRoot(), 'schemas', 'position-update.avsc'));
const decimal = (scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision: 38, scale });
const optional = { name: 'fee', type: ['null', decimal(6)], default: null };

describe('the registry', () => {
  let test: TestProject;
  let registry: SchemaRegistry;
  let http: Http;
  let subject: string;
  beforeAll(async () => {
    test = await createTestProject({ name: 'registry' });
    registry = createSchemaRegistry({ url: test.environment.registry.url });
    http = createHttp({ what: 'the registry', baseUrl: test.environment.registry.url });
  });
  afterAll(() => test.remove());
  beforeEach(() => {
    subject = `${randomBytes(4).toString('hex')}-${test.suffix}-value`;
  });

  const versionOf = (...fields: readonly unknown[]): string =>
    // Names of types are global in Apicurio's checks of references, so each subject has its own.
    JSON.stringify({ type: 'record', name: `R${subject.slice(0, 8)}`, namespace: 'test', fields });
  const id = { name: 'id', type: 'long' };

  describe('on a subject it does not know', () => {
    it('has no versions, no schema and no level', async () => {
      expect(await registry.subjects()).not.toContain(subject);
      expect(await registry.versions(subject)).toBeUndefined();
      expect(await registry.version(subject, 'latest')).toBeUndefined();
      expect(await registry.lookup(subject, positions.text)).toBeUndefined();
      expect(await registry.compatibility(subject)).toBeUndefined();
      expect(await registry.check(subject, positions.text)).toBeUndefined();
    });

    it('takes a level before the first version', async () => {
      await registry.setCompatibility(subject, 'BACKWARD_TRANSITIVE');
      expect(await registry.compatibility(subject)).toBe('BACKWARD_TRANSITIVE');
    });
  });

  describe('given a schema', () => {
    it('holds the subject to BACKWARD_TRANSITIVE from its first version on', async () => {
      const first = await registerSchema(registry, { subject, schemaText: positions.text });
      expect(first).toEqual({
        subject,
        id: expect.any(Number),
        version: 1,
        level: 'BACKWARD_TRANSITIVE',
        outcome: 'registered',
      });
      expect(await registry.compatibility(subject)).toBe('BACKWARD_TRANSITIVE');
      expect(await registry.subjects()).toContain(subject);
      expect(await registry.versions(subject)).toEqual([1]);
      const latest = await registry.version(subject, 'latest');
      expect(latest).toMatchObject({ id: first.id, version: 1 });
      expect(JSON.parse(latest?.schema ?? '')).toEqual(positions.raw);
    });

    it('leaves one that is there alone: same id, same version', async () => {
      const first = await registerSchema(registry, { subject, schemaText: positions.text });
      const again = await registerSchema(registry, { subject, schemaText: positions.text });
      expect(again).toEqual({ ...first, outcome: 'unchanged' });
      expect(await registry.versions(subject)).toEqual([1]);
    });

    it('takes a compatible change as version 2, and still finds version 1', async () => {
      const one = await registerSchema(registry, { subject, schemaText: versionOf(id) });
      const two = await registerSchema(registry, { subject, schemaText: versionOf(id, optional) });
      expect(two).toMatchObject({ version: 2, outcome: 'registered' });
      expect(two.id).not.toBe(one.id);
      expect(await registry.lookup(subject, versionOf(id))).toEqual(
        expect.objectContaining({ id: one.id, version: 1 }),
      );
    });

    it('refuses an incompatible change with its reason, and nothing is registered', async () => {
      await registerSchema(registry, { subject, schemaText: versionOf(id) });
      const required = versionOf(id, { name: 'owner', type: 'string' });
      const verdict = await registry.check(subject, required);
      expect(verdict?.compatible).toBe(false);
      await expect(registerSchema(registry, { subject, schemaText: required })).rejects.toMatchObject({
        code: 'REFUSED',
        message: `subject ${subject}: the schema is not BACKWARD_TRANSITIVE compatible`,
        details: {
          subject,
          level: 'BACKWARD_TRANSITIVE',
          problems: [{ file: subject, line: 1, message: expect.stringMatching(/owner.*registry version 1/) }],
        },
      });
      expect(await registry.versions(subject)).toEqual([1]);
    });

    it('refuses a changed scale, which the registry itself lets pass', async () => {
      await registerSchema(registry, { subject, schemaText: versionOf({ name: 'price', type: decimal(6) }) });
      const rescaled = versionOf({ name: 'price', type: decimal(8) });
      expect((await registry.check(subject, rescaled))?.compatible).toBe(true);
      await expect(registerSchema(registry, { subject, schemaText: rescaled })).rejects.toMatchObject({
        code: 'REFUSED',
        details: { problems: [{ message: expect.stringContaining('decimal(38,8) was decimal(38,6)') }] },
      });
      expect(await registry.versions(subject)).toEqual([1]);
    });

    it('sees no change in other indentation and line endings', async () => {
      const first = await registerSchema(registry, { subject, schemaText: positions.text });
      const windows = `${JSON.stringify(positions.raw, null, 4).replaceAll('\n', '\r\n')}\r\n`;
      expect(await registerSchema(registry, { subject, schemaText: windows })).toEqual({
        ...first,
        outcome: 'unchanged',
      });
    });

    it('refuses what an older version than the latest does not bear', async () => {
      await registerSchema(registry, { subject, schemaText: versionOf(id) });
      await registerSchema(registry, {
        subject,
        schemaText: versionOf(id, { name: 'a', type: 'string', default: '' }),
      });
      // The latest has the field, the first has not.
      const withoutDefault = versionOf(id, { name: 'a', type: 'string' });
      await expect(registerSchema(registry, { subject, schemaText: withoutDefault })).rejects.toMatchObject({
        code: 'REFUSED',
      });
    });

    it('is protected against a registration past our check', async () => {
      await registerSchema(registry, { subject, schemaText: versionOf(id) });
      await expect(registry.register(subject, versionOf({ name: 'id', type: 'string' }))).rejects.toMatchObject({
        code: 'REFUSED',
        details: { status: 409, errorCode: expect.any(Number) },
      });
    });

    it('keeps a stricter level that somebody has set, and raises a weaker one', async () => {
      await registry.setCompatibility(subject, 'FULL_TRANSITIVE');
      expect((await registerSchema(registry, { subject, schemaText: versionOf(id) })).level).toBe('FULL_TRANSITIVE');
      await registry.setCompatibility(subject, 'NONE');
      expect((await registerSchema(registry, { subject, schemaText: versionOf(id) })).level).toBe(
        'BACKWARD_TRANSITIVE',
      );
      expect(await registry.compatibility(subject)).toBe('BACKWARD_TRANSITIVE');
    });

    it('gives two who register it at once the same version', async () => {
      const both = await Promise.all(
        [1, 2].map(() => registerSchema(registry, { subject, schemaText: versionOf(id) })),
      );
      expect(new Set(both.map(({ version }) => version))).toEqual(new Set([1]));
      expect(await registry.versions(subject)).toEqual([1]);
    });

    it('says why it refuses what is no Avro schema', async () => {
      const schemaText = '{"type":"nonsense"}';
      await expect(registry.register(subject, schemaText)).rejects.toMatchObject({
        code: 'REFUSED',
        details: { status: 422, errorCode: expect.any(Number) },
      });
      await expect(registerSchema(registry, { subject, schemaText })).rejects.toMatchObject({
        code: 'INVALID_DEFINITION',
      });
    });
  });

  describe('decoding by the registry’s ids', () => {
    it('gives every value of a position exactly, and fetches the schema once', async () => {
      const { id: schemaId } = await registerSchema(registry, { subject, schemaText: positions.text });
      const record: AvroRecord = {
        position_account: 'A',
        position_index: 2_147_483_647,
        owner: 'B',
        signature: 'C',
        slot: 2n ** 63n - 1n,
        block_time: new Date('2026-01-01T00:00:00.001Z'),
        symbol: 'BTC-USD',
        side: 'Short',
        size: '999999999999999999999999999999.99999999',
        entry_price: '0.000001',
        mark_price: '-99999999999999999999999999999999.999999',
        margin: '0.000000',
        leverage: 32_767,
        unrealized_pnl: '-0.000001',
        realized_pnl: '127.000000',
        funding_accrued: '-128.000000',
        liquidation_price: '255.000000',
        status: 'Liquidating',
        event_type: 'PNL_UPDATE',
        ordinal: 2_147_483_647,
        bank_id: 2n ** 63n - 1n,
      };
      const decoder = createRecordDecoder({ url: test.environment.registry.url });
      const value = frame(schemaId, createAvroType(positions.raw).toBuffer(record));
      expect(await Promise.all([1, 2, 3].map(() => decoder.decode(value)))).toEqual([record, record, record]);
    });

    it('reads records of several versions of one schema side by side', async () => {
      const [one, two] = [versionOf(id), versionOf(id, optional)];
      const first = await registerSchema(registry, { subject, schemaText: one });
      const second = await registerSchema(registry, { subject, schemaText: two });
      const decoder = createRecordDecoder({ url: test.environment.registry.url });
      const old = frame(first.id, createAvroType(JSON.parse(one)).toBuffer({ id: 2n ** 60n }));
      const fresh = frame(second.id, createAvroType(JSON.parse(two)).toBuffer({ id: -1n, fee: '-0.000001' }));
      expect(await decoder.decode(old)).toEqual({ id: 2n ** 60n });
      expect(await decoder.decode(fresh)).toEqual({ id: -1n, fee: '-0.000001' });
      expect(await decoder.decode(old)).toEqual({ id: 2n ** 60n });
    });

    it('refuses an id that is not there, by its number', async () => {
      const decoder = createRecordDecoder({ url: test.environment.registry.url });
      await expect(decoder.decode(frame(2_000_000_000, Buffer.alloc(1)))).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('schema id 2000000000 is not in the registry'),
      });
    });

    it('refuses bytes that end too early', async () => {
      const { id: schemaId } = await registerSchema(registry, { subject, schemaText: positions.text });
      const decoder = createRecordDecoder({ url: test.environment.registry.url });
      await expect(decoder.decode(frame(schemaId, Buffer.from([2])))).rejects.toThrow();
    });
  });

  it('starts with no protection of its own, which is why the level is set first', async () => {
    const { body } = await http.request<{ compatibilityLevel: string }>('GET', '/config');
    expect(body.compatibilityLevel).toBe('NONE');
  });
});
