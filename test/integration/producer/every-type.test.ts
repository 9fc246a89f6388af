import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafka } from '../../../core/kafka.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { createSinkRows } from '../../../operate/sink-rows.ts';
import type { VerifyReport } from '../../../operate/verify.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { createRecordEncoder } from '../../../producer/record/encoder.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { step } from '../../support/step.ts';
import { TYPE_CASES } from '../../support/types/matrix.ts';
import { samples, samplesSchema } from '../../support/types/samples.ts';
import { typesAvsc, typesDefinition, typesMigration, typesProto } from '../../support/types/schema.ts';

const UPDATES = 200;
const FAULTY = 10;
const NAMES = TYPE_CASES.map(({ name }) => name);

let test: TestProject;
let stream: StreamDefinition;
beforeAll(async () => {
  test = await createTestProject({ name: 'types' });
  const write = (path: string, text: string) => writeFileSync(join(test.root, path), text);
  for (const name of ['positions', 'funding_payments']) rmSync(join(test.root, 'connectors', `${name}.yaml`));
  write('connectors/samples.yaml', typesDefinition(test.suffix));
  write('schemas/samples.avsc', typesAvsc);
  write('schemas/samples.proto', typesProto);
  write('migrations/9001_samples.sql', typesMigration);
  [stream] = selectStreams(test.reload(), ['samples']) as [StreamDefinition];
});
afterAll(() => test?.remove());

/** A command of the whole program, in this process. */
async function connect(...words: string[]) {
  const result = await runInProcess(words, { cwd: test.root, env: test.env });
  return { ...result, all: `${result.stdout}${result.stderr}` };
}

async function verify(...flags: string[]): Promise<VerifyReport> {
  const { stdout, all } = await connect('verify', '-o', 'json', '--show-values', ...flags);
  const [report] = (JSON.parse(stdout || all) as { streams: VerifyReport[] }).streams;
  return report as VerifyReport;
}

/** Rows as text, in a session whose settings are written here and are not those of `verify`. */
const texts = (where: string): Promise<Record<string, string | null>[]> =>
  withPostgres(test.database, async (client) => {
    await client.query(
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1",
    );
    const columns = NAMES.map((name) => `${name}::text AS ${name}`).join(', ');
    return (await client.query<Record<string, string | null>>(`SELECT id, ${columns} FROM samples WHERE ${where}`))
      .rows;
  });

it('every type reaches its column exactly, by check, deploy, simulate, produce, sink, verify and trial', async () => {
  await step('the pipeline is made, and deploy finds no fault in its files', async () => {
    for (const words of [
      ['migrate', 'up'],
      ['schemas', 'register'],
      ['deploy', '--yes'],
    ]) {
      const { code, all } = await connect(...words);
      expect(code, all).toBe(0);
    }
  });
  const sent = samples();
  await step('records of every value of the matrix are sent', async () => {
    const registry = createSchemaRegistry(httpConnection(test.environment.registry, test.secrets));
    const registered = await registry.version(valueSubject(stream), 'latest');
    const encode = createRecordEncoder(samplesSchema, registered?.id ?? 0);
    const producer = createKafka({ brokers: test.environment.kafka.brokers }, 'test').producer();
    await producer.connect();
    const messages = sent.map(({ record }) => ({ key: String(record.id), value: encode(record) }));
    await producer.send({ topic: stream.topic.name, acks: -1, messages });
    await producer.disconnect();
  });
  await step('the columns hold them, by another reading', async () => {
    const found = await eventually(
      async () => {
        const rows = await texts('TRUE');
        expect(rows).toHaveLength(sent.length);
        return rows;
      },
      { timeoutMs: 30_000 },
    );
    for (const { record, texts: wanted } of sent) {
      expect(found.find(({ id }) => id === record.id)).toEqual({ id: record.id, ...wanted });
    }
    expect(await verify()).toMatchObject({ records: sent.length, rows: sent.length, differences: 0 });
  });
  await step('a simulated feed of them is carried and verified against its oracle', async () => {
    const options = { cwd: test.root, env: test.env };
    const simulator = startCli(
      ['simulate', '--updates', String(UPDATES), '--faulty', String(FAULTY), '--oracle', 'oracle'],
      options,
    );
    try {
      await eventually(() => expect(simulator.output.stdout).toContain('Samples'), { timeoutMs: 30_000 });
      await succeed(['produce', '--end-with-feed'], options);
    } finally {
      simulator.child.kill('SIGTERM');
      await simulator.ended;
    }
    const report = await verify('--wait', '30s', '--oracle', 'oracle');
    expect(report.samples).toEqual([]);
    expect(report).toMatchObject({
      records: sent.length + UPDATES - FAULTY,
      differences: 0,
      oracle: { updates: UPDATES, expectedRejected: FAULTY },
    });
  });
  await step('refused updates are shown with every field', async () => {
    const { stdout, all } = await connect('rejected', 'show', '-o', 'json', '--limit', String(FAULTY));
    const [shown] = (JSON.parse(stdout || all) as { streams: { letters: { content: { fields: object } }[] }[] })
      .streams;
    expect(shown?.letters).toHaveLength(FAULTY);
    const names = new Set(shown?.letters.flatMap(({ content }) => Object.keys(content.fields)));
    expect(NAMES.filter((name) => !names.has(name))).toEqual([]);
  });
  await step('one wrong value of each type is found', async () => {
    const [first, second] = sent as [(typeof sent)[0], (typeof sent)[0]];
    const differs = (name: string) => first.texts[name] !== second.texts[name];
    const from = (id: string, names: readonly string[]) =>
      `UPDATE samples SET (${names.join(', ')}) = (SELECT ${names.join(', ')} FROM samples WHERE id = '${id}') WHERE id = 'sent-0'`;
    await withPostgres(test.database, async (client) => {
      await client.query('ALTER TABLE samples DISABLE TRIGGER USER');
      await client.query(from('sent-1', NAMES.filter(differs)));
      await client.query(
        from(
          'null',
          NAMES.filter((name) => !differs(name)),
        ),
      );
    });
    const { unequal, samples: told } = await verify();
    expect(unequal).toBe(1);
    expect(told[0]?.message.match(/differs from its row in ([\w, ]+)/)?.[1]?.split(', ')).toEqual(NAMES);
  });
  await step('a trial takes the good ones and refuses a word that the enum lacks', async () => {
    await withPostgres(test.database, async (client) => {
      const rows = createSinkRows(client, stream, samplesSchema);
      const good = sent.map(({ record }, offset) => ({ partition: 0, offset: BigInt(offset), values: record }));
      const bad = { partition: 0, offset: 1_000n, values: { ...good[0]?.values, id: 'bad', color: 'Blue' } };
      const refused = await rows.findRefused([...good, bad]);
      expect(refused.map(({ row, sqlState }) => `${row.values.id} ${sqlState}`)).toEqual(['bad 22P02']);
    });
  });
}, 120_000);
