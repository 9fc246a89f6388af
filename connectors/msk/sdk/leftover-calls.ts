import type { MskState } from '../api.ts';
import type { MskPart, PartUse } from '../leftovers.ts';
import type { Call } from './service.ts';

/** The calls about everything that the account has, whoever made it: lists only, which name no resource in a policy. */
export function leftoverCalls(call: Call) {
  return {
    /** Every plugin and worker configuration of the account. */
    parts: async (): Promise<MskPart[]> => (await Promise.all([plugins(call), configurations(call)])).flat(),
    /** What each connector of the account runs with. */
    uses: (): Promise<PartUse[]> =>
      call('list its connectors', async ({ sdk, service, options }) => {
        const found: PartUse[] = [];
        for await (const { connectors = [] } of sdk.paginateListConnectors({ client: service }, {}, options))
          for (const one of connectors)
            found.push({
              connector: one.connectorName ?? '',
              state: one.connectorState as MskState,
              plugin: one.plugins?.[0]?.customPlugin?.customPluginArn,
              workerConfiguration: one.workerConfiguration?.workerConfigurationArn,
            });
        return found;
      }),
    removeWorkerConfiguration: ({ arn, name }: Pick<MskPart, 'arn' | 'name'>): Promise<void> =>
      call(`delete worker configuration ${name}`, async ({ service, options }) => {
        await service.deleteWorkerConfiguration({ workerConfigurationArn: arn }, options);
      }),
  };
}

const plugins = (call: Call): Promise<MskPart[]> =>
  call('list its plugins', async ({ sdk, service, options }) => {
    const found: MskPart[] = [];
    for await (const { customPlugins = [] } of sdk.paginateListCustomPlugins({ client: service }, {}, options))
      for (const { customPluginArn: arn = '', name = '', customPluginState: state = '', ...one } of customPlugins) {
        const { bucketArn, fileKey: key } = one.latestRevision?.location?.s3Location ?? {};
        const bucket = bucketArn?.split(':::')[1];
        const object = bucket === undefined || key === undefined ? undefined : { bucket, key };
        found.push({ kind: 'plugin', arn, name, state, createdAt: told(one.creationTime), object });
      }
    return found;
  });

const configurations = (call: Call): Promise<MskPart[]> =>
  call('list its worker configurations', async ({ sdk, service, options }) => {
    const found: MskPart[] = [];
    for await (const page of sdk.paginateListWorkerConfigurations({ client: service }, {}, options))
      for (const { workerConfigurationArn: arn = '', name = '', ...one } of page.workerConfigurations ?? [])
        found.push({
          kind: 'worker configuration',
          arn,
          name,
          state: one.workerConfigurationState ?? '',
          createdAt: told(one.creationTime),
        });
    return found;
  });

const told = (time: Date | undefined): string => (time ?? new Date(0)).toISOString();
