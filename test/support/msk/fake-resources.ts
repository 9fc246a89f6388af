import { createHash } from 'node:crypto';
import { checkName, checkTags, checkWorkerProperties, refuse } from './fake-rules.ts';
import type { Json } from './sdk-contract.ts';

interface FakePlugin {
  readonly arn: string;
  readonly name: string;
  state: string;
  /** How many more looks until it is ACTIVE. */
  looks: number;
  readonly location: Json;
  readonly file: Buffer;
  createdAt: string;
}

interface FakeWorkerConfiguration {
  readonly arn: string;
  readonly name: string;
  readonly content: string;
  createdAt: string;
}

export type FakeResources = ReturnType<typeof createFakeResources>;

/** Plugins, worker configurations and tags of the fake. `objectOf` finds an object of its S3. */
export function createFakeResources(
  arn: (kind: string, name: string) => string,
  objectOf: (bucket: string, key: string) => Buffer | undefined,
) {
  const plugins = new Map<string, FakePlugin>();
  const configurations = new Map<string, FakeWorkerConfiguration>();
  const tags = new Map<string, Record<string, string>>();
  /** How many of each the account may have. */
  const limits = { plugins: 100, configurations: 100 };
  let count = 0;
  /** Each a second after the one before it. */
  const now = (): string => new Date(Date.UTC(2026, 0, 1, 0, 0, count++)).toISOString();

  const pluginOf = (pluginArn: string): FakePlugin => {
    const plugin = [...plugins.values()].find((one) => one.arn === pluginArn);
    if (plugin === undefined) throw refuse.missing(`plugin ${pluginArn}`);
    return plugin;
  };
  const configurationOf = (configurationArn: string): FakeWorkerConfiguration => {
    const found = [...configurations.values()].find((one) => one.arn === configurationArn);
    if (found === undefined) throw refuse.missing(`worker configuration ${configurationArn}`);
    return found;
  };
  const fileDescription = (file: Buffer): Json => ({
    fileMd5: createHash('md5').update(file).digest('hex'),
    fileSize: file.length,
  });

  const handlers = {
    CreateCustomPlugin({ name, contentType, location, tags: given = {} }: Json): Json {
      checkName(name);
      checkTags(given);
      if (plugins.has(name)) throw refuse.exists(name);
      if (plugins.size >= limits.plugins) throw refuse.quota('custom plugins');
      if (!['ZIP', 'JAR'].includes(contentType)) throw refuse.invalid('contentType is ZIP or JAR');
      const { bucketArn, fileKey } = location.s3Location ?? {};
      const file = objectOf(String(bucketArn).replace(/^arn:aws:s3:::/, ''), fileKey);
      if (file === undefined) throw refuse.invalid(`there is no object ${fileKey} in ${bucketArn}`);
      const made = { state: 'CREATING', looks: 1, createdAt: now() };
      const plugin = { arn: arn('custom-plugin', name), name, location, file, ...made };
      plugins.set(name, plugin);
      tags.set(plugin.arn, given);
      return { customPluginArn: plugin.arn, customPluginState: plugin.state, name, revision: 1 };
    },
    DeleteCustomPlugin({ customPluginArn }: Json): Json {
      const plugin = pluginOf(customPluginArn);
      plugins.delete(plugin.name);
      return { customPluginArn, customPluginState: 'DELETING' };
    },
    DescribeCustomPlugin({ customPluginArn }: Json): Json {
      const plugin = pluginOf(customPluginArn);
      plugin.looks -= 1;
      if (plugin.looks < 0 && plugin.state === 'CREATING') plugin.state = 'ACTIVE';
      const { name, state, location, file } = plugin;
      const latestRevision = { revision: 1, contentType: 'ZIP', location, fileDescription: fileDescription(file) };
      return { name, customPluginArn, customPluginState: state, latestRevision };
    },
    ListCustomPlugins({ namePrefix = '' }: Json): Json {
      const all = [...plugins.values()].filter(({ name }) => name.startsWith(namePrefix));
      return {
        customPlugins: all.map(({ arn: customPluginArn, state: customPluginState, name, createdAt, location }) => ({
          customPluginArn,
          customPluginState,
          name,
          creationTime: createdAt,
          latestRevision: { revision: 1, contentType: 'ZIP', location },
        })),
      };
    },
    CreateWorkerConfiguration({ name, propertiesFileContent, tags: given = {} }: Json): Json {
      checkName(name);
      checkTags(given);
      if (configurations.has(name)) throw refuse.exists(name);
      if (configurations.size >= limits.configurations) throw refuse.quota('worker configurations');
      checkWorkerProperties(Buffer.from(propertiesFileContent, 'base64').toString('utf8'));
      const content = propertiesFileContent;
      const configuration = { arn: arn('worker-configuration', name), name, content, createdAt: now() };
      configurations.set(name, configuration);
      tags.set(configuration.arn, given);
      return {
        workerConfigurationArn: configuration.arn,
        name,
        workerConfigurationState: 'ACTIVE',
        latestRevision: { revision: 1 },
      };
    },
    DescribeWorkerConfiguration({ workerConfigurationArn }: Json): Json {
      const { name, content } = configurationOf(workerConfigurationArn);
      return {
        name,
        workerConfigurationArn,
        workerConfigurationState: 'ACTIVE',
        latestRevision: { revision: 1, propertiesFileContent: content },
      };
    },
    ListWorkerConfigurations({ namePrefix = '' }: Json): Json {
      const all = [...configurations.values()].filter(({ name }) => name.startsWith(namePrefix));
      return {
        workerConfigurations: all.map((one) => ({
          workerConfigurationArn: one.arn,
          name: one.name,
          workerConfigurationState: 'ACTIVE',
          creationTime: one.createdAt,
        })),
      };
    },
    DeleteWorkerConfiguration({ workerConfigurationArn }: Json): Json {
      configurations.delete(configurationOf(workerConfigurationArn).name);
      return { workerConfigurationArn, workerConfigurationState: 'DELETING' };
    },
  };

  return {
    plugins,
    configurations,
    limits,
    handlers,
    requirePlugin(given: Json[]): void {
      const plugin = pluginOf(given[0]?.customPlugin?.customPluginArn);
      if (plugin.state !== 'ACTIVE') throw refuse.invalid(`plugin ${plugin.name} is ${plugin.state}`);
    },
    requireWorkerConfiguration({ workerConfigurationArn }: Json): void {
      configurationOf(workerConfigurationArn);
    },
    /** The ZIP and the properties that a connector's workers run with. */
    filesOf(settings: Json): { plugin: Buffer; properties: string } {
      const { file } = pluginOf(settings.plugins[0].customPlugin.customPluginArn);
      const content = settings.workerConfiguration
        ? configurationOf(settings.workerConfiguration.workerConfigurationArn).content
        : '';
      return { plugin: file, properties: Buffer.from(content, 'base64').toString('utf8') };
    },
    tags,
  };
}
