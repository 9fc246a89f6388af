import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FakeResources } from './fake-resources.ts';
import { checkConnector, checkUpdate, refuse } from './fake-rules.ts';
import type { Json } from './sdk-contract.ts';

/** What the fake is told to do wrong. A test sets and clears them as it goes. */
export interface Faults {
  /** How many times a connector or operation is looked at before something about it changes. */
  looks: number;
  /** A connector that is created ends in FAILED with this. */
  failCreate?: { code: string; message: string };
  /** How updates end: the operation says so, or says nothing of it. */
  failUpdate?: 'UPDATE_FAILED' | 'ROLLBACK_COMPLETE' | 'ROLLBACK_FAILED' | 'silent';
  /** Called before the next update is looked at, and then forgotten. */
  beforeUpdate?: (connector: FakeConnector) => void;
  /** How many times a connector that was just created is asked for before it is shown. */
  hiddenLooks?: number;
  /** Settings that are described by a mask instead of their value. */
  masks?: RegExp;
}

export interface FakeConnector {
  arn: string;
  name: string;
  state: string;
  version: number;
  /** As DescribeConnector tells them. */
  settings: Json;
  stateDescription?: { code: string; message: string };
  operations: FakeOperation[];
  tags: Record<string, string>;
  /** What becomes of it after some more looks. */
  pending?: { looks: number; isReady: boolean; finish: () => void };
  /** How many more times it is asked for before it is shown. */
  hiddenLooks?: number;
}

export interface FakeOperation {
  arn: string;
  type: string;
  state: string;
  steps: { stepType: string; stepState: string }[];
  createdAt: string;
  error?: { code: string; message: string };
}

/** What runs a connector's work; without it everything works at once. A rejection is a connector that does not run. */
export interface Workers {
  start(connector: FakeConnector): Promise<void>;
  configure(connector: FakeConnector): Promise<void>;
  restartWorkers(connector: FakeConnector): Promise<void>;
  pause(connector: FakeConnector): Promise<void>;
  resume(connector: FakeConnector): Promise<void>;
  restart(connector: FakeConnector, onlyFailed: boolean): Promise<void>;
  stop(connector: FakeConnector): Promise<void>;
}

const UNKNOWN = { code: 'UnknownError.Unknown', message: 'The last operation failed. Retry the operation.' };
const WORKER_SETTINGS = ['capacity', 'plugins', 'workerConfiguration'];

/** Connectors of the fake, by the operations of the API that are about them. */
export function createFakeConnectors(
  arn: (kind: string, name: string) => string,
  resources: FakeResources,
  workers?: Workers,
) {
  const connectors = new Map<string, FakeConnector>();
  const faults: Faults = { looks: 1 };

  const found = (connectorArn: string): FakeConnector => {
    const connector = [...connectors.values()].find((one) => one.arn === connectorArn);
    if (connector === undefined || isHidden(connector)) throw refuse.missing(`connector ${connectorArn}`);
    return connector;
  };

  /** Reads may lag behind what was just created. */
  const isHidden = (connector: FakeConnector): boolean => {
    if (!connector.hiddenLooks) return false;
    connector.hiddenLooks -= 1;
    return true;
  };

  /** An operation may be in progress while the connector's state says nothing of it. */
  const requireFree = ({ operations, state }: FakeConnector): void => {
    if (operations.some((one) => !/_(COMPLETE|FAILED)$/.test(one.state))) throw refuse.busy(state);
  };

  /** One look at a connector: what is pending comes nearer. */
  const look = (connector: FakeConnector): void => {
    const { pending } = connector;
    if (pending === undefined) return;
    pending.looks -= 1;
    const operation = connector.operations.at(-1);
    if (operation?.state === 'PENDING') operation.state = `${prefixOf(operation.type)}_IN_PROGRESS`;
    if (pending.looks > 0 || !pending.isReady) return;
    delete connector.pending;
    pending.finish();
  };

  const begin = (
    connector: FakeConnector,
    work: Promise<void> | undefined,
    finish: (failure?: Error) => void,
  ): void => {
    let failure: Error | undefined;
    const pending = { looks: faults.looks, isReady: work === undefined, finish: () => finish(failure) };
    connector.pending = pending;
    work
      ?.catch((error: unknown) => {
        failure = error as Error;
      })
      .finally(() => {
        pending.isReady = true;
      });
  };

  const operate = (connector: FakeConnector, type: string, steps: string[] = []): FakeOperation => {
    const id = `${connector.arn.replace(':connector/', ':connector-operation/')}/${randomUUID()}`;
    const operation: FakeOperation = {
      arn: id,
      type,
      state: 'PENDING',
      steps: steps.map((stepType) => ({ stepType, stepState: 'PENDING' })),
      createdAt: new Date(Date.now() + connector.operations.length).toISOString(),
    };
    connector.operations.push(operation);
    return operation;
  };

  const end = (operation: FakeOperation, state: string, error?: FakeOperation['error']): void => {
    operation.state = state;
    operation.steps = operation.steps.map((step, index) => ({
      ...step,
      stepState: error === undefined || index === 0 ? 'COMPLETED' : index === 1 ? 'FAILED' : 'CANCELLED',
    }));
    if (error !== undefined) operation.error = error;
  };

  const simple = (
    connector: FakeConnector,
    type: string,
    from: string,
    during: string,
    to: string,
    work?: Promise<void>,
  ) => {
    if (connector.state !== from) throw refuse.busy(connector.state);
    requireFree(connector);
    connector.state = during;
    const operation = operate(connector, type);
    begin(connector, work, (failure) => {
      connector.state = failure === undefined ? to : from;
      end(operation, `${prefixOf(type)}_${failure === undefined ? 'COMPLETE' : 'FAILED'}`, failure && UNKNOWN);
    });
    return { connectorArn: connector.arn, connectorOperationArn: operation.arn };
  };

  const handlers = {
    CreateConnector(body: Json): Json {
      checkConnector(body);
      if (connectors.has(body.connectorName)) throw refuse.exists(body.connectorName);
      resources.requirePlugin(body.plugins);
      if (body.workerConfiguration !== undefined) resources.requireWorkerConfiguration(body.workerConfiguration);
      const { connectorName: name, tags = {}, ...settings } = body;
      const connector: FakeConnector = {
        arn: arn('connector', name),
        name,
        state: 'CREATING',
        version: 1,
        settings: withTasks({ ...settings, creationTime: new Date().toISOString() }),
        operations: [],
        tags,
        ...(faults.hiddenLooks === undefined ? {} : { hiddenLooks: faults.hiddenLooks }),
      };
      connectors.set(name, connector);
      const failure = faults.failCreate;
      begin(connector, workers?.start(connector), (reason) => {
        const why = failure ?? (reason === undefined ? undefined : { ...UNKNOWN, message: reason.message });
        connector.state = why === undefined ? 'RUNNING' : 'FAILED';
        if (why !== undefined) connector.stateDescription = why;
      });
      return { connectorArn: connector.arn, connectorName: name, connectorState: connector.state };
    },

    UpdateConnector(body: Json): Json {
      const { connectorArn, currentVersion, skipHealthValidation, ...change } = body;
      const connector = found(connectorArn);
      const { beforeUpdate } = faults;
      delete faults.beforeUpdate;
      beforeUpdate?.(connector);
      if (!['RUNNING', 'PAUSED'].includes(connector.state)) throw refuse.busy(connector.state);
      requireFree(connector);
      const stateBefore = connector.state;
      if (connector.state === 'PAUSED' && skipHealthValidation !== true)
        throw refuse.invalid('a PAUSED connector needs skipHealthValidation');
      if (currentVersion !== versionOf(connector)) throw refuse.stale();
      checkUpdate(change);
      checkConnector(change);
      for (const [key, value] of Object.entries(change))
        if (isDeepStrictEqual(value, connector.settings[key])) throw refuse.identical(key);
      const { connectorConfiguration: config } = change;
      if (
        config !== undefined &&
        config['connector.class'] !== connector.settings.connectorConfiguration['connector.class']
      )
        throw refuse.invalid('connector.class cannot be changed');
      if (change.plugins !== undefined) resources.requirePlugin(change.plugins);
      if (change.workerConfiguration !== undefined) resources.requireWorkerConfiguration(change.workerConfiguration);
      const type = config === undefined ? 'UPDATE_WORKER_SETTING' : 'UPDATE_CONNECTOR_CONFIGURATION';
      const operation = operate(connector, type, ['INITIALIZE_UPDATE', 'VALIDATE_UPDATE', type, 'FINALIZE_UPDATE']);
      const before = connector.settings;
      const { useDefaultWorkerConfiguration: isDefault, ...values } = change;
      const after = withTasks({ ...before, ...values });
      if (isDefault === true) delete after.workerConfiguration;
      connector.state = 'UPDATING';
      const outcome = faults.failUpdate;
      connector.settings = after;
      const work = WORKER_SETTINGS.some((key) => change[key] !== undefined)
        ? workers?.restartWorkers(connector)
        : workers?.configure(connector);
      // What is described until the operation ends is not known; the old settings are the harder case.
      connector.settings = before;
      begin(connector, work, (reason) => {
        connector.state = outcome === 'ROLLBACK_FAILED' ? 'FAILED' : stateBefore;
        const failed = outcome ?? (reason === undefined ? undefined : 'UPDATE_FAILED');
        if (failed === undefined || failed === 'silent') end(operation, 'UPDATE_COMPLETE');
        else end(operation, failed, UNKNOWN);
        if (failed !== undefined) return;
        connector.settings = after;
        connector.version += 1;
      });
      return { connectorArn, connectorState: connector.state, connectorOperationArn: operation.arn };
    },

    DescribeConnector({ connectorArn }: Json): Json {
      const connector = found(connectorArn);
      look(connector);
      return masked(describe(connector), faults.masks);
    },

    DeleteConnector({ connectorArn, currentVersion }: Json): Json {
      const connector = found(connectorArn);
      if (currentVersion !== undefined && currentVersion !== versionOf(connector)) throw refuse.stale();
      if (connector.state === 'UPDATING') throw refuse.busy(connector.state);
      connector.state = 'DELETING';
      begin(connector, workers?.stop(connector), () => connectors.delete(connector.name));
      return { connectorArn, connectorState: connector.state };
    },

    ListConnectors({ connectorNamePrefix = '' }: Json): Json {
      const all = [...connectors.values()].filter((one) => one.name.startsWith(connectorNamePrefix) && !isHidden(one));
      return {
        connectors: all.map((one) => {
          const { connectorConfiguration: _config, stateDescription: _why, ...summary } = describe(one);
          return summary;
        }),
      };
    },

    ListConnectorOperations({ connectorArn }: Json): Json {
      const { operations } = found(connectorArn);
      return {
        connectorOperations: operations.map(({ arn: id, type, state, createdAt }) => ({
          connectorOperationArn: id,
          connectorOperationType: type,
          connectorOperationState: state,
          creationTime: createdAt,
        })),
      };
    },

    DescribeConnectorOperation({ connectorOperationArn }: Json): Json {
      for (const connector of connectors.values()) {
        const operation = connector.operations.find((one) => one.arn === connectorOperationArn);
        if (operation === undefined) continue;
        look(connector);
        return {
          connectorArn: connector.arn,
          connectorOperationArn,
          connectorOperationState: operation.state,
          connectorOperationType: operation.type,
          operationSteps: operation.steps,
          creationTime: operation.createdAt,
          ...(operation.error === undefined ? {} : { errorInfo: operation.error }),
        };
      }
      throw refuse.missing(`operation ${connectorOperationArn}`);
    },

    PauseConnector({ connectorArn }: Json): Json {
      const connector = found(connectorArn);
      return simple(connector, 'PAUSE_CONNECTOR', 'RUNNING', 'PAUSING', 'PAUSED', workers?.pause(connector));
    },
    ResumeConnector({ connectorArn }: Json): Json {
      const connector = found(connectorArn);
      return simple(connector, 'RESUME_CONNECTOR', 'PAUSED', 'RESUMING', 'RUNNING', workers?.resume(connector));
    },
    RestartConnector({ connectorArn, onlyFailedTasks = false }: Json): Json {
      const connector = found(connectorArn);
      const work = connector.state === 'RUNNING' ? workers?.restart(connector, onlyFailedTasks) : undefined;
      return simple(connector, 'RESTART_CONNECTOR', 'RUNNING', 'RESTARTING', 'RUNNING', work);
    },
  };
  return { connectors, faults, handlers };
}

export const versionOf = ({ version }: FakeConnector): string => `K${version}`;

function describe(connector: FakeConnector): Json {
  const { stateDescription } = connector;
  return {
    ...connector.settings,
    connectorArn: connector.arn,
    connectorName: connector.name,
    connectorState: connector.state,
    currentVersion: versionOf(connector),
    ...(stateDescription === undefined ? {} : { stateDescription }),
  };
}

function masked(described: Json, masks: RegExp | undefined): Json {
  if (masks === undefined) return described;
  const shown = Object.entries(described.connectorConfiguration as Record<string, string>).map(([key, value]) => [
    key,
    masks.test(key) ? '********' : value,
  ]);
  return { ...described, connectorConfiguration: Object.fromEntries(shown) };
}

/** Autoscaled capacity decides the number of tasks: workers × MCUs × 2. */
function withTasks(settings: Json): Json {
  const { autoScaling } = settings.capacity ?? {};
  if (autoScaling === undefined) return settings;
  const limit = autoScaling.minWorkerCount * autoScaling.mcuCount * 2;
  const tasks = Math.min(limit, autoScaling.maxAutoscalingTaskCount ?? limit);
  return { ...settings, connectorConfiguration: { ...settings.connectorConfiguration, 'tasks.max': String(tasks) } };
}

const prefixOf = (type: string): string => type.split('_')[0] ?? '';
