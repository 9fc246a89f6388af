import type { KafkaConnectClient } from '@aws-sdk/client-kafkaconnect';
import { ConnectError } from '../../../core/errors.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import { createScrub } from '../../../core/scrub.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { MskApi, MskConnector, MskPlugin, MskWorkerConfiguration } from '../api.ts';
import { awsError, clientOptions } from './client.ts';
import { putObject, workerBrokers } from './resources.ts';
import { fromDescription, fromOperation, reasonOf, toCreate, toUpdate } from './shapes.ts';

export interface MskApiOptions extends Pick<MskConnect, 'region' | 'endpoints'> {
  /** Values that no answer may repeat, e.g. the database password. */
  readonly secrets?: readonly string[];
}

type Sdk = typeof import('@aws-sdk/client-kafkaconnect');

/** MSK Connect by the AWS SDK, which is loaded with the first call. */
export function createMskApi({ region, endpoints, secrets = [] }: MskApiOptions): MskApi {
  const label = `MSK Connect in ${region}`;
  const scrub = createScrub(secrets);
  let loaded: Promise<{ sdk: Sdk; client: KafkaConnectClient }> | undefined;
  const load = async (): Promise<{ sdk: Sdk; client: KafkaConnectClient }> => {
    const sdk = await optionalPackage(
      '@aws-sdk/client-kafkaconnect',
      'MSK Connect',
      () => import('@aws-sdk/client-kafkaconnect'),
    );
    return {
      sdk,
      client: new sdk.KafkaConnectClient(await clientOptions({ region, endpoint: endpoints.kafkaConnect })),
    };
  };

  async function call<T>(what: string, ask: (client: KafkaConnectClient, sdk: Sdk) => Promise<T>): Promise<T> {
    try {
      loaded ??= load();
      const { client, sdk } = await loaded;
      return await ask(client, sdk);
    } catch (error) {
      throw awsError(error, `${label} could not ${what}`, scrub);
    }
  }

  /** As `call`, but what does not exist is undefined. */
  async function find<T>(
    what: string,
    ask: (client: KafkaConnectClient, sdk: Sdk) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    try {
      return await call(what, ask);
    } catch (error) {
      if (error instanceof ConnectError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  const describe = (arn: string): Promise<MskConnector | undefined> =>
    find(`describe ${arn}`, async (client, sdk) =>
      fromDescription(await client.send(new sdk.DescribeConnectorCommand({ connectorArn: arn }))),
    );

  const workerConfiguration = (arn: string): Promise<MskWorkerConfiguration | undefined> =>
    find(`describe worker configuration ${arn}`, async (client, sdk) => {
      const input = { workerConfigurationArn: arn };
      const { name = '', latestRevision } = await client.send(new sdk.DescribeWorkerConfigurationCommand(input));
      const text = Buffer.from(latestRevision?.propertiesFileContent ?? '', 'base64').toString('utf8');
      return { arn, name, revision: latestRevision?.revision ?? 1, text };
    });

  const describePlugin = (arn: string): Promise<MskPlugin | undefined> =>
    find(`describe plugin ${arn}`, async (client, sdk) => {
      const reply = await client.send(new sdk.DescribeCustomPluginCommand({ customPluginArn: arn }));
      const reason = reasonOf(reply.stateDescription);
      const md5 = reply.latestRevision?.fileDescription?.fileMd5;
      return {
        arn,
        name: reply.name ?? '',
        state: reply.customPluginState ?? '',
        reason,
        revision: reply.latestRevision?.revision ?? 1,
        md5,
      };
    });

  const changing = (
    what: string,
    ask: (client: KafkaConnectClient, sdk: Sdk) => Promise<{ connectorOperationArn?: string | undefined }>,
  ): Promise<string> =>
    call(what, async (client, sdk) => {
      const { connectorOperationArn } = await ask(client, sdk);
      if (connectorOperationArn !== undefined) return connectorOperationArn;
      throw new ConnectError('INTERNAL', `${label} did not say by which operation it will ${what}`);
    });

  return {
    label,
    list: () =>
      call('list its connectors', async (client, sdk) => {
        const names: string[] = [];
        for await (const page of sdk.paginateListConnectors({ client }, {}))
          for (const { connectorName } of page.connectors ?? [])
            if (connectorName !== undefined) names.push(connectorName);
        return names.sort();
      }),
    async find(name) {
      const arn = await call(`look for ${name}`, async (client, sdk) => {
        // The prefix finds longer names as well.
        for await (const page of sdk.paginateListConnectors({ client }, { connectorNamePrefix: name }))
          for (const one of page.connectors ?? []) if (one.connectorName === name) return one.connectorArn;
        return undefined;
      });
      return arn === undefined ? undefined : describe(arn);
    },
    create: (connector) =>
      call(`create ${connector.name}`, async (client, sdk) => {
        await client.send(new sdk.CreateConnectorCommand(toCreate(connector)));
      }),
    update: (connector, update) =>
      changing(`update the ${update.kind} of ${connector.name}`, (client, sdk) =>
        client.send(new sdk.UpdateConnectorCommand(toUpdate(connector, update))),
      ),
    remove: ({ arn, name, currentVersion }) =>
      call(`delete ${name}`, async (client, sdk) => {
        await client.send(new sdk.DeleteConnectorCommand({ connectorArn: arn, currentVersion }));
      }),
    pause: ({ arn, name }) =>
      changing(`pause ${name}`, (client, sdk) => client.send(new sdk.PauseConnectorCommand({ connectorArn: arn }))),
    resume: ({ arn, name }) =>
      changing(`resume ${name}`, (client, sdk) => client.send(new sdk.ResumeConnectorCommand({ connectorArn: arn }))),
    restart: ({ arn, name }, { onlyFailed }) =>
      changing(`restart ${name}`, (client, sdk) =>
        client.send(new sdk.RestartConnectorCommand({ connectorArn: arn, onlyFailedTasks: onlyFailed })),
      ),
    operation: (arn) =>
      call(`describe operation ${arn}`, async (client, sdk) =>
        fromOperation(await client.send(new sdk.DescribeConnectorOperationCommand({ connectorOperationArn: arn }))),
      ),
    operations: ({ arn, name }) =>
      call(`list the operations of ${name}`, async (client, sdk) => {
        const found: { arn: string; at: number }[] = [];
        for await (const page of sdk.paginateListConnectorOperations({ client }, { connectorArn: arn }))
          for (const { connectorOperationArn = '', creationTime } of page.connectorOperations ?? [])
            found.push({ arn: connectorOperationArn, at: creationTime?.getTime() ?? 0 });
        return found.sort((a, b) => b.at - a.at).map((one) => one.arn);
      }),
    async findPlugin(name) {
      const arn = await call(`look for plugin ${name}`, async (client, sdk) => {
        for await (const page of sdk.paginateListCustomPlugins({ client }, { namePrefix: name }))
          for (const one of page.customPlugins ?? []) if (one.name === name) return one.customPluginArn;
        return undefined;
      });
      return arn === undefined ? undefined : describePlugin(arn);
    },
    pluginName: async (arn) => (await describePlugin(arn))?.name,
    createPlugin: ({ name, bucketArn, key, objectVersion, tags }) =>
      call(`create plugin ${name}`, async (client, sdk) => {
        const location = { s3Location: { bucketArn, fileKey: key, objectVersion } };
        await client.send(new sdk.CreateCustomPluginCommand({ name, contentType: 'ZIP', location, ...given(tags) }));
      }),
    async findWorkerConfiguration(name) {
      const arn = await call(`look for worker configuration ${name}`, async (client, sdk) => {
        for await (const page of sdk.paginateListWorkerConfigurations({ client }, { namePrefix: name }))
          for (const one of page.workerConfigurations ?? []) if (one.name === name) return one.workerConfigurationArn;
        return undefined;
      });
      return arn === undefined ? undefined : workerConfiguration(arn);
    },
    workerConfiguration,
    createWorkerConfiguration: ({ name, text }, tags) =>
      call(`create worker configuration ${name}`, async (client, sdk) => {
        const propertiesFileContent = Buffer.from(text, 'utf8').toString('base64');
        await client.send(new sdk.CreateWorkerConfigurationCommand({ name, propertiesFileContent, ...given(tags) }));
      }),
    tags: (arn) =>
      call(`list the tags of ${arn}`, async (client, sdk) => {
        const { tags } = await client.send(new sdk.ListTagsForResourceCommand({ resourceArn: arn }));
        return tags ?? {};
      }),
    tag: (arn, tags) =>
      call(`tag ${arn}`, async (client, sdk) => {
        await client.send(new sdk.TagResourceCommand({ resourceArn: arn, tags }));
      }),
    brokers: (clusterArn, how) => workerBrokers({ region, endpoint: endpoints.kafka }, clusterArn, how, scrub),
    upload: (object) => putObject({ region, endpoint: endpoints.s3 }, object, scrub),
  };
}

/** An empty map of tags is refused. */
const given = (tags: Readonly<Record<string, string>>): { tags?: Record<string, string> } =>
  Object.keys(tags).length === 0 ? {} : { tags: { ...tags } };
