import type { KafkaConnect } from '@aws-sdk/client-kafkaconnect';
import { ConnectError, ifFound } from '../../../core/errors.ts';
import { once } from '../../../core/once.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import { createScrub } from '../../../core/scrub.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type {
  ConnectorUpdate,
  FixedSettings,
  ListedOperation,
  MskConnector,
  MskOperation,
  MskPlugin,
  MskWorkerConfiguration,
  NamedConnector,
  NewConnector,
  NewPlugin,
} from '../api.ts';
import { awsError, clientOptions } from './client.ts';
import { putObject, type StoredObject, workerBrokers } from './resources.ts';
import { fromDescription, fromListedOperation, fromOperation, reasonOf, toCreate, toTags, toUpdate } from './shapes.ts';

type Tags = Readonly<Record<string, string>>;

export interface MskApiOptions extends Pick<MskConnect, 'region' | 'endpoints'> {
  /** Values that no answer may repeat, e.g. the database password. */
  readonly secrets?: readonly string[];
}

/**
 * MSK Connect in one region by the AWS SDK, which is loaded with the first call: one method for each thing it can do, every list
 * read to its end. What does not exist is undefined. Errors: UNREACHABLE, NOT_READY for throttling and 5xx that outlast the
 * retries, CONFLICT-like refusals as REFUSED with `details.status` 409, other refusals REFUSED, NOT_FOUND; ENVIRONMENT when its
 * package or credentials are missing.
 */
export type MskApi = ReturnType<typeof createMskApi>;

export function createMskApi({ region, endpoints, secrets = [] }: MskApiOptions) {
  const label = `MSK Connect in ${region}`;
  const scrub = createScrub(secrets);
  const load = once(async () => {
    const sdk = await optionalPackage(
      '@aws-sdk/client-kafkaconnect',
      'MSK Connect',
      () => import('@aws-sdk/client-kafkaconnect'),
    );
    return new sdk.KafkaConnect(await clientOptions({ region, endpoint: endpoints.kafkaConnect }));
  });

  async function call<T>(what: string, ask: (service: KafkaConnect) => Promise<T>): Promise<T> {
    try {
      return await ask(await load());
    } catch (error) {
      throw awsError(error, `${label} could not ${what}`, scrub);
    }
  }

  const describe = (arn: string): Promise<MskConnector | undefined> =>
    ifFound(
      call(`describe ${arn}`, async (service) =>
        fromDescription(await service.describeConnector({ connectorArn: arn })),
      ),
    );

  const workerConfiguration = (arn: string): Promise<MskWorkerConfiguration | undefined> =>
    ifFound(
      call(`describe worker configuration ${arn}`, async (service) => {
        const reply = await service.describeWorkerConfiguration({ workerConfigurationArn: arn });
        const { propertiesFileContent = '', revision = 1 } = reply.latestRevision ?? {};
        const text = Buffer.from(propertiesFileContent, 'base64').toString('utf8');
        return { arn, name: reply.name ?? '', revision, text };
      }),
    );

  const describePlugin = (arn: string): Promise<MskPlugin | undefined> =>
    ifFound(
      call(`describe plugin ${arn}`, async (service) => {
        const reply = await service.describeCustomPlugin({ customPluginArn: arn });
        const { name = '', customPluginState: state = '', latestRevision } = reply;
        const { revision = 1, fileDescription } = latestRevision ?? {};
        return { arn, name, state, reason: reasonOf(reply.stateDescription), revision, md5: fileDescription?.fileMd5 };
      }),
    );

  const changing = (
    what: string,
    ask: (service: KafkaConnect) => Promise<{ connectorOperationArn?: string | undefined }>,
  ): Promise<string> =>
    call(what, async (service) => {
      const { connectorOperationArn } = await ask(service);
      if (connectorOperationArn !== undefined) return connectorOperationArn;
      throw new ConnectError('INTERNAL', `${label} did not say by which operation it will ${what}`);
    });

  return {
    /** For messages: "MSK Connect in eu-central-1". */
    label,
    list: (): Promise<string[]> =>
      call('list its connectors', async (service) => {
        const names: string[] = [];
        for await (const { connectors = [] } of service.paginateListConnectors())
          names.push(...connectors.flatMap(({ connectorName }) => connectorName ?? []));
        return names.sort();
      }),
    async find(name: string): Promise<MskConnector | undefined> {
      const arn = await call(`look for ${name}`, async (service) => {
        // The prefix finds longer names as well.
        for await (const { connectors = [] } of service.paginateListConnectors({ connectorNamePrefix: name }))
          for (const one of connectors) if (one.connectorName === name) return one.connectorArn;
        return undefined;
      });
      return arn === undefined ? undefined : describe(arn);
    },
    /** Answers before anything runs. */
    create: (connector: NewConnector): Promise<void> =>
      call(`create ${connector.name}`, async (service) => void (await service.createConnector(toCreate(connector)))),
    /** Returns the ARN of the operation. Answers before anything has changed. */
    update: (connector: MskConnector, update: ConnectorUpdate): Promise<string> =>
      changing(`update the ${update.kind} of ${connector.name}`, (service) =>
        service.updateConnector(toUpdate(connector, update)),
      ),
    remove: ({ arn, name, currentVersion }: MskConnector): Promise<void> =>
      call(`delete ${name}`, async (service) => {
        await service.deleteConnector({ connectorArn: arn, currentVersion });
      }),
    pause: ({ arn, name }: NamedConnector): Promise<string> =>
      changing(`pause ${name}`, (service) => service.pauseConnector({ connectorArn: arn })),
    resume: ({ arn, name }: NamedConnector): Promise<string> =>
      changing(`resume ${name}`, (service) => service.resumeConnector({ connectorArn: arn })),
    restart: ({ arn, name }: NamedConnector, { onlyFailed }: { readonly onlyFailed: boolean }): Promise<string> =>
      changing(`restart ${name}`, (service) =>
        service.restartConnector({ connectorArn: arn, onlyFailedTasks: onlyFailed }),
      ),
    operation: (arn: string): Promise<MskOperation> =>
      call(`describe operation ${arn}`, async (service) =>
        fromOperation(await service.describeConnectorOperation({ connectorOperationArn: arn })),
      ),
    /** Every operation on a connector, in the order of the service. */
    operations: ({ arn, name }: NamedConnector): Promise<ListedOperation[]> =>
      call(`list the operations on ${name}`, async (service) => {
        const found: ListedOperation[] = [];
        for await (const { connectorOperations = [] } of service.paginateListConnectorOperations({ connectorArn: arn }))
          found.push(...connectorOperations.map(fromListedOperation));
        return found;
      }),
    async findPlugin(name: string): Promise<MskPlugin | undefined> {
      const arn = await call(`look for plugin ${name}`, async (service) => {
        for await (const { customPlugins = [] } of service.paginateListCustomPlugins({ namePrefix: name }))
          for (const one of customPlugins) if (one.name === name) return one.customPluginArn;
        return undefined;
      });
      return arn === undefined ? undefined : describePlugin(arn);
    },
    pluginName: async (arn: string): Promise<string | undefined> => (await describePlugin(arn))?.name,
    createPlugin: ({ name, bucketArn, key, objectVersion, tags }: NewPlugin): Promise<void> =>
      call(`create plugin ${name}`, async (service) => {
        const location = { s3Location: { bucketArn, fileKey: key, objectVersion } };
        await service.createCustomPlugin({ name, contentType: 'ZIP', location, tags: toTags(tags) });
      }),
    async findWorkerConfiguration(name: string): Promise<MskWorkerConfiguration | undefined> {
      const arn = await call(`look for worker configuration ${name}`, async (service) => {
        for await (const page of service.paginateListWorkerConfigurations({ namePrefix: name }))
          for (const one of page.workerConfigurations ?? []) if (one.name === name) return one.workerConfigurationArn;
        return undefined;
      });
      return arn === undefined ? undefined : workerConfiguration(arn);
    },
    workerConfiguration,
    createWorkerConfiguration: (
      { name, text }: Pick<MskWorkerConfiguration, 'name' | 'text'>,
      tags: Tags,
    ): Promise<void> =>
      call(`create worker configuration ${name}`, async (service) => {
        const propertiesFileContent = Buffer.from(text, 'utf8').toString('base64');
        await service.createWorkerConfiguration({ name, propertiesFileContent, tags: toTags(tags) });
      }),
    tags: (arn: string): Promise<Tags> =>
      call(`list the tags of ${arn}`, async (service) => {
        const { tags = {} } = await service.listTagsForResource({ resourceArn: arn });
        return tags;
      }),
    tag: (arn: string, tags: Tags): Promise<void> =>
      call(`tag ${arn}`, async (service) => {
        await service.tagResource({ resourceArn: arn, tags });
      }),
    /** Bootstrap brokers of an MSK cluster for workers that log in like this. */
    brokers: (clusterArn: string, how: Pick<FixedSettings, 'authentication' | 'encryption'>): Promise<string[]> =>
      workerBrokers({ region, endpoint: endpoints.kafka }, clusterArn, how, scrub),
    /** As `putObject`. */
    upload: (object: StoredObject): Promise<string | undefined> =>
      putObject({ region, endpoint: endpoints.s3 }, object, scrub),
  };
}
