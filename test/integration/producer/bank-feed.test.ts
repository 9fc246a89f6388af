import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { scanTopic } from '../../../core/kafka-scan.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { readCheckpoint } from '../../../producer/kafka/checkpoint-store.ts';
import { startBankSimulator } from '../../../producer/simulator/banks/bank-server.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { createProducerProject, type ProducerProject, readOracleEntries } from '../../support/producer-project.ts';

const UPDATES = 10_000;
const example = join(packageRoot(), 'examples/geyser-adapter');
let test: ProducerProject;
let stream: StreamDefinition;

/** The example's stream and module, in a project of its own. */
beforeAll(async () => {
  test = await createProducerProject('banks', { register: false, topics: false });
  const { root, suffix, environment, secrets } = test.project;
  const name = `margin_accounts_${suffix}`;
  mkdirSync(join(root, 'feeds'), { recursive: true });
  for (const file of ['banks.mjs', 'final-banks.mjs', 'margin-account.mjs', 'margin-account.avsc', 'bank-feed.proto'])
    copyFileSync(join(example, 'feeds', file), join(root, 'feeds', file));
  symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'));
  const definition = readFileSync(join(example, 'connectors/margin_accounts.yaml'), 'utf8');
  writeFileSync(
    join(root, 'connectors/margin_accounts.yaml'),
    definition.replaceAll('name: margin_accounts', `name: ${name}`).replace('margin-accounts-sink', `${name}-sink`),
  );
  stream = selectStreams(test.project.reload(), [name])[0] as StreamDefinition;
  await withAdmin(test.kafka, 'banks', (admin) => ensureTopics(admin, stream, 1));
  const schemaText = readFileSync(join(root, stream.schema), 'utf8');
  await registerSchema(createSchemaRegistry(httpConnection(environment.registry, secrets)), {
    subject: valueSubject(stream),
    schemaText,
  });
  for (const file of ['0001_delivery_guards.sql', '0002_margin_accounts.sql']) {
    const [up = ''] = readFileSync(join(example, 'migrations', file), 'utf8').split('-- Down Migration');
    await withPostgres(test.project.database, (client) => client.query(up));
  }
});
afterAll(() => test?.project.remove());

const produce = () =>
  startCli(['produce', '--only', stream.name, '--end-with-feed', '-o', 'json'], {
    cwd: test.project.root,
    env: test.project.env,
  });

/** Independent of our readers: Avro by its own library. */
async function recordsByVersion() {
  const decimalOf = (bytes: Buffer) => BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const type = avro.Type.forSchema(JSON.parse(readFileSync(join(test.project.root, stream.schema), 'utf8')));
  const found = new Map<string, Record<string, string | bigint>>();
  await scanTopic(test.kafka, {
    topic: stream.topic.name,
    clientId: 'banks',
    onRecords: async (records) => {
      for (const { value } of records) {
        const { size, collateral, updated_at, ...rest } = type.fromBuffer((value as Buffer).subarray(5));
        const texts = Object.entries(rest).map(([column, one]) => [column, String(one)]);
        found.set(String(rest.write_version), {
          ...Object.fromEntries(texts),
          size: decimalOf(size),
          collateral: decimalOf(collateral),
          updated_at: new Date(updated_at).toISOString(),
        });
      }
    },
  });
  return { found };
}

it('of several banks in a slot only what is final arrives, exact, the producer killed and started again in the middle', async () => {
  const oraclePath = join(test.project.root, 'oracle.ndjson');
  const { address } = test.project.environment.feed;
  const port = Number(address.split(':').at(-1));
  const simulator = await startBankSimulator({ port, seed: 11, updates: UPDATES, slotMs: 5, oraclePath });
  expect(simulator.abandoned).toBeGreaterThan(2_000);
  try {
    const first = produce();
    await eventually(
      async () =>
        expect(await readCheckpoint(test.kafka, stream, { clientId: 'banks' }), first.output.stderr).toBeDefined(),
      { timeoutMs: 60_000 },
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const { found } = await recordsByVersion();
    expect(found.size).toBeGreaterThan(0);
    expect(found.size).toBeLessThan(UPDATES);
    const second = await produce().ended;
    expect(second.code, second.stderr).toBe(0);
  } finally {
    await simulator.close();
  }
  const { found } = await recordsByVersion();
  const expected = (await readOracleEntries(oraclePath)).map(({ update }) => ({
    ...update,
    size: BigInt(update.size?.replace('.', '') ?? ''),
    collateral: BigInt(update.collateral?.replace('.', '') ?? ''),
  }));
  expect(expected).toHaveLength(UPDATES);
  expect(found.size).toBe(UPDATES);
  for (const update of expected as { write_version?: string }[])
    expect(found.get(String(update.write_version))).toEqual(update);
}, 180_000);
