import { ConnectError, ifFound } from '../../../core/errors.ts';
import type {
  ConnectorUpdate,
  ListedOperation,
  MskConnector,
  MskOperation,
  NamedConnector,
  NewConnector,
} from '../api.ts';
import type { Asked, Call } from './service.ts';
import { fromDescription, fromListedOperation, fromOperation, toCreate, toTags, toUpdate } from './shapes.ts';

/** A list may lack a connector for a while that is being created. */
const LATE_MS = 30_000;

/** The ARNs of connectors by their names. */
export type Arns = ReturnType<typeof createArns>;

/** So that not each look at a connector lists all of them, and one that was just created is not taken for missing. */
export function createArns() {
  const arns = new Map<string, string>();
  const createdAt = new Map<string, number>();
  return {
    get: (name: string): string | undefined => arns.get(name),
    set: (name: string, arn: string) => void arns.set(name, arn),
    /** It was created just now: by us, or by somebody whose name stands in our way. */
    created: (name: string) => void createdAt.set(name, Date.now()),
    /** Its deletion was asked for, or it is gone. */
    forget(name: string): void {
      arns.delete(name);
      createdAt.delete(name);
    },
    mayBeLate: (name: string): boolean => Date.now() - (createdAt.get(name) ?? 0) < LATE_MS,
  };
}

/** The calls about connectors and their operations. */
export function connectorCalls(call: Call, { label, arns }: { readonly label: string; readonly arns: Arns }) {
  const describe = (arn: string, name: string): Promise<MskConnector | undefined> =>
    ifFound(
      call(`describe ${name}`, async ({ service, options }) =>
        fromDescription(await service.describeConnector({ connectorArn: arn }, options)),
      ),
    );

  const arnOf = (name: string): Promise<string | undefined> =>
    call(`look for ${name}`, async ({ sdk, service, options }) => {
      // The prefix finds longer names as well.
      for await (const { connectors = [] } of sdk.paginateListConnectors(
        { client: service },
        { connectorNamePrefix: name },
        options,
      ))
        for (const one of connectors) if (one.connectorName === name) return one.connectorArn;
      return undefined;
    });

  const changing = (
    what: string,
    ask: (asked: Asked) => Promise<{ connectorOperationArn?: string | undefined }>,
  ): Promise<string> =>
    call(what, async (asked) => {
      const { connectorOperationArn } = await ask(asked);
      if (connectorOperationArn !== undefined) return connectorOperationArn;
      throw new ConnectError('INTERNAL', `${label} did not say by which operation it will ${what}`);
    });

  return {
    list: (): Promise<string[]> =>
      call('list its connectors', async ({ sdk, service, options }) => {
        const names: string[] = [];
        for await (const { connectors = [] } of sdk.paginateListConnectors({ client: service }, {}, options))
          for (const { connectorName: name, connectorArn: arn } of connectors) {
            if (name === undefined || arn === undefined) continue;
            arns.set(name, arn);
            names.push(name);
          }
        return names.sort();
      }),
    /** Errors: NOT_READY for one that was created and is not shown yet. */
    async find(name: string): Promise<MskConnector | undefined> {
      const known = arns.get(name);
      const found = known === undefined ? undefined : await describe(known, name);
      if (found !== undefined) return found;
      const arn = await arnOf(name);
      const connector = arn === undefined || arn === known ? undefined : await describe(arn, name);
      if (connector !== undefined) arns.set(name, connector.arn);
      else if (arns.mayBeLate(name))
        throw new ConnectError('NOT_READY', `${name} was created, and ${label} does not show it yet`);
      return connector;
    },
    /** Answers before anything runs. */
    create: (connector: NewConnector): Promise<void> =>
      call(`create ${connector.name}`, async ({ service, options }) => {
        const { connectorArn } = await service.createConnector(toCreate(connector), options);
        if (connectorArn !== undefined) arns.set(connector.name, connectorArn);
      }).then(
        () => arns.created(connector.name),
        (error: unknown) => {
          if (error instanceof ConnectError && error.details.status === 409) arns.created(connector.name);
          throw error;
        },
      ),
    /** Returns the ARN of the operation. Answers before anything has changed. */
    update: (connector: MskConnector, update: ConnectorUpdate): Promise<string> =>
      changing(`update the ${update.kind} of ${connector.name}`, ({ service, options }) =>
        service.updateConnector(toUpdate(connector, update), options),
      ),
    remove: ({ arn, name, currentVersion }: MskConnector): Promise<void> =>
      call(`delete ${name}`, async ({ service, options }) => {
        await service.deleteConnector({ connectorArn: arn, currentVersion }, options);
        arns.forget(name);
      }),
    pause: ({ arn, name }: NamedConnector): Promise<string> =>
      changing(`pause ${name}`, ({ service, options }) => service.pauseConnector({ connectorArn: arn }, options)),
    resume: ({ arn, name }: NamedConnector): Promise<string> =>
      changing(`resume ${name}`, ({ service, options }) => service.resumeConnector({ connectorArn: arn }, options)),
    restart: ({ arn, name }: NamedConnector, { onlyFailed }: { readonly onlyFailed: boolean }): Promise<string> =>
      changing(`restart ${name}`, ({ service, options }) =>
        service.restartConnector({ connectorArn: arn, onlyFailedTasks: onlyFailed }, options),
      ),
    operation: (arn: string): Promise<MskOperation> =>
      call(`describe operation ${arn}`, async ({ service, options }) =>
        fromOperation(await service.describeConnectorOperation({ connectorOperationArn: arn }, options)),
      ),
    /** Every operation on a connector that the service remembers, in its order. */
    operations: ({ arn, name }: NamedConnector): Promise<ListedOperation[]> =>
      call(`list the operations on ${name}`, async ({ sdk, service, options }) => {
        const found: ListedOperation[] = [];
        for await (const { connectorOperations = [] } of sdk.paginateListConnectorOperations(
          { client: service },
          { connectorArn: arn },
          options,
        ))
          found.push(...connectorOperations.map(fromListedOperation));
        return found;
      }),
    tags: (arn: string): Promise<Tags> =>
      call(`list the tags of ${arn}`, async ({ service, options }) => {
        const { tags = {} } = await service.listTagsForResource({ resourceArn: arn }, options);
        return tags;
      }),
    tag: (arn: string, tags: Tags): Promise<void> =>
      call(`tag ${arn}`, async ({ service, options }) => {
        await service.tagResource({ resourceArn: arn, tags: toTags(tags) }, options);
      }),
  };
}

type Tags = Readonly<Record<string, string>>;
