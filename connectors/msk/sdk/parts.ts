import { ifFound } from '../../../core/errors.ts';
import type { MskPlugin, MskWorkerConfiguration, NewPlugin } from '../api.ts';
import type { Call } from './service.ts';
import { reasonOf, toTags } from './shapes.ts';

type Tags = Readonly<Record<string, string>>;

/** What never changes once it is there, by its ARN, and ARNs by names. */
export type KnownParts = ReturnType<typeof createKnownParts>;

export const createKnownParts = () => ({
  plugins: new Map<string, string>(),
  configurations: new Map<string, string>(),
  texts: new Map<string, MskWorkerConfiguration>(),
});

/** The calls about plugins and worker configurations. */
export function partCalls(call: Call, known: KnownParts) {
  const describePlugin = (arn: string): Promise<MskPlugin | undefined> =>
    ifFound(
      call(`describe plugin ${arn}`, async ({ service, options }) => {
        const reply = await service.describeCustomPlugin({ customPluginArn: arn }, options);
        const { name = '', customPluginState: state = '', latestRevision } = reply;
        const { revision = 1, fileDescription } = latestRevision ?? {};
        return { arn, name, state, reason: reasonOf(reply.stateDescription), revision, md5: fileDescription?.fileMd5 };
      }),
    );

  async function workerConfiguration(arn: string): Promise<MskWorkerConfiguration | undefined> {
    const text = known.texts.get(arn);
    if (text !== undefined) return text;
    const found = await ifFound(
      call(`describe worker configuration ${arn}`, async ({ service, options }) => {
        const reply = await service.describeWorkerConfiguration({ workerConfigurationArn: arn }, options);
        const { propertiesFileContent = '', revision = 1 } = reply.latestRevision ?? {};
        const content = Buffer.from(propertiesFileContent, 'base64').toString('utf8');
        return { arn, name: reply.name ?? '', revision, text: content };
      }),
    );
    if (found !== undefined) known.texts.set(arn, found);
    return found;
  }

  return {
    async findPlugin(name: string): Promise<MskPlugin | undefined> {
      const before = known.plugins.get(name);
      const still = before === undefined ? undefined : await describePlugin(before);
      if (still !== undefined) return still;
      const arn = await call(`look for plugin ${name}`, async ({ sdk, service, options }) => {
        for await (const { customPlugins = [] } of sdk.paginateListCustomPlugins(
          { client: service },
          { namePrefix: name },
          options,
        ))
          for (const one of customPlugins) if (one.name === name) return one.customPluginArn;
        return undefined;
      });
      if (arn === undefined || arn === before) return undefined;
      known.plugins.set(name, arn);
      return describePlugin(arn);
    },
    pluginName: async (arn: string): Promise<string | undefined> => (await describePlugin(arn))?.name,
    createPlugin: ({ name, bucketArn, key, objectVersion, tags }: NewPlugin): Promise<void> =>
      call(`create plugin ${name}`, async ({ service, options }) => {
        const location = { s3Location: { bucketArn, fileKey: key, objectVersion } };
        await service.createCustomPlugin({ name, contentType: 'ZIP', location, tags: toTags(tags) }, options);
      }),
    removePlugin: ({ arn, name }: Pick<MskPlugin, 'arn' | 'name'>): Promise<void> =>
      call(`delete plugin ${name}`, async ({ service, options }) => {
        await service.deleteCustomPlugin({ customPluginArn: arn }, options);
      }),
    async findWorkerConfiguration(name: string): Promise<MskWorkerConfiguration | undefined> {
      const before = known.configurations.get(name);
      if (before !== undefined) return workerConfiguration(before);
      const arn = await call(`look for worker configuration ${name}`, async ({ sdk, service, options }) => {
        for await (const page of sdk.paginateListWorkerConfigurations(
          { client: service },
          { namePrefix: name },
          options,
        ))
          for (const one of page.workerConfigurations ?? []) if (one.name === name) return one.workerConfigurationArn;
        return undefined;
      });
      if (arn === undefined) return undefined;
      known.configurations.set(name, arn);
      return workerConfiguration(arn);
    },
    workerConfiguration,
    createWorkerConfiguration: (
      { name, text }: Pick<MskWorkerConfiguration, 'name' | 'text'>,
      tags: Tags,
    ): Promise<void> =>
      call(`create worker configuration ${name}`, async ({ service, options }) => {
        const propertiesFileContent = Buffer.from(text, 'utf8').toString('base64');
        await service.createWorkerConfiguration({ name, propertiesFileContent, tags: toTags(tags) }, options);
      }),
  };
}
