import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { loadProject, projectFile, selectEnvironment, selectStreams } from '../../../pipeline/load.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { projectFolder } from '../pipeline/project-folder.ts';

type Config = Readonly<Record<string, string>>;

const textOf = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');

/** The connector configurations on the page, by their name. */
const shown: readonly { readonly name: string; readonly config: Config }[] = [
  ...textOf('docs/second-store.md').matchAll(/```json title="[^"]+"\n([\s\S]*?)```/g),
].map(([, text = '']) => JSON.parse(text));

/** The sink of `positions` in the environment that docs/configuration.md shows. */
function renderedSink(): Config {
  const [, environment = ''] = /```yaml\n(environments:\n[\s\S]*?)```/.exec(textOf('docs/configuration.md')) ?? [];
  const root = projectFolder({ 'connect.yaml': `default: staging\n${environment}` });
  const project = loadProject(packageRoot(), {});
  const [positions] = selectStreams(project, ['positions']);
  if (positions === undefined) throw new Error('no stream positions');
  const schema = loadAvroSchema(projectFile(project, positions.schema));
  return renderSink(positions, selectEnvironment(loadProject(root, {})), schema.fields);
}

/** Where records come from, how they are read, and from where on; not where they go. */
const READS = /^(topics|key\.converter|value\.converter|transforms|consumer\.override\.auto\.offset\.reset)(\.|$)/;

const readingPart = (config: Config): Config =>
  Object.fromEntries(Object.entries(config).filter(([key]) => READS.test(key)));

describe('the sinks that docs/second-store.md shows on paper', () => {
  it('are Iceberg and S3', () => {
    expect(shown.map(({ config }) => config['connector.class'])).toEqual([
      'org.apache.iceberg.connect.IcebergSinkConnector',
      'io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector',
    ]);
  });

  it.each(shown)('$name reads what our sink reads, in the same way', ({ name, config }) => {
    const ours = renderedSink();
    expect(Object.keys(readingPart(ours)).length).toBeGreaterThan(8);
    expect(readingPart(config)).toEqual(readingPart(ours));
    expect(name).not.toBe(ours.name);
    for (const value of Object.values(config)) expect(typeof value).toBe('string');
  });
});
