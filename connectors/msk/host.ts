import { ConnectError } from '../../core/errors.ts';
import { once } from '../../core/once.ts';
import { remember } from '../../core/remember.ts';
import type { Scrub } from '../../core/scrub.ts';
import type { MskConnect } from '../../pipeline/msk-connect.ts';
import type { SinkHost } from '../host.ts';
import { hideSecrets } from '../plan/entry.ts';
import { sinkFingerprint } from '../plan/fingerprint.ts';
import { deployResult, requireAgreed } from '../plan/require-agreed.ts';
import { startOffsets } from '../plan/start-plan.ts';
import type { DesiredSink } from '../sink-config.ts';
import type { SinkGroups } from '../sink-group.ts';
import type { Wait } from '../wait/wait.ts';
import type { ReachedSink } from '../wait/wait-until-running.ts';
import type { MskConnector } from './api.ts';
import { createSink, keepSink, replaceSink, updateSink } from './deploy.ts';
import type { MskDeployment, WantedPlugin } from './deployment.ts';
import { desiredMskSink } from './desired.ts';
import { createFailures } from './failures.ts';
import { type PlainOperation, removeConnector, runOperation, waitUntilSteady } from './follow.ts';
import { observeMskSink } from './observe.ts';
import { planMskSink } from './plan.ts';
import { builtPlugin } from './resources.ts';
import type { MskApi } from './sdk/connect-api.ts';
import { NEXT_NODE } from './sdk/next-node.ts';
import type { ReadWorkerLog } from './sdk/worker-log.ts';
import { createShow } from './show.ts';
import { createStopping, STOP_EFFECT, type StoppedSinks } from './stopped-sinks.ts';
import { failedConnector } from './update.ts';

/** The service creates and updates in minutes; others wait up to 20 for each. */
const TIMEOUT_MS = 1_800_000;
/** A look asks the service up to five times for each sink, and it throttles all callers of an account together. */
const LOOK_EVERY_MS = 15_000;
/** Shorter than anything that the service does takes. */
const ANSWERS_LAST_MS = 2_000;

export interface MskHostOptions {
  readonly api: MskApi;
  readonly connect: MskConnect;
  /** The ZIP that `buildCommand` writes, where the plugin is built here. */
  readonly pluginFile: string;
  readonly buildCommand: string;
  readonly groups: SinkGroups;
  readonly stopped: StoppedSinks;
  /** The log of the workers; left out: there is none to read. */
  readonly workerLog?: ReadWorkerLog | undefined;
  readonly scrub: Scrub;
  /** Pause between two looks. Default: short at first, then longer, because the service takes minutes and throttles who asks often. */
  readonly pollMs?: number | undefined;
}

/** MSK Connect as a host of sinks. */
export function createMskHost(options: MskHostOptions): SinkHost {
  const { api, connect, groups, workerLog = async () => ({ traces: [] }), scrub, pollMs } = options;
  const stopping = createStopping(options);
  const recent = remember(stopping.look, pollMs ?? ANSWERS_LAST_MS);
  const failures = createFailures(api, workerLog, pollMs);
  const show = createShow({ api, connect, groups, failures });
  /** What all sinks on the service have in common; looked up once, so that a deploy uses what its plan showed. */
  const lookAround = once(() => findSurroundings(options), { again: true });

  /** What is seen of one sink, and its plan. */
  const lookAt = async (desired: DesiredSink) => {
    const { plugin, brokers } = await lookAround();
    const wanted = desiredMskSink(desired, connect, brokers);
    const [{ connector, stopped }, found, configuration, positions] = await Promise.all([
      stopping.look(wanted.name),
      plugin.kind === 'existing' ? { state: 'ACTIVE', reason: undefined } : api.findPlugin(plugin.name),
      api.findWorkerConfiguration(wanted.workerConfiguration.name),
      groups.positions(desired.stream),
    ]);
    const observed = connector && (await observeMskSink(api, connector));
    const seen = {
      sink: observed,
      plugin: found,
      hasWorkerConfiguration: configuration !== undefined,
      positions,
      stopped,
    };
    const entries = hideSecrets(planMskSink(wanted, plugin, seen), scrub);
    const live = await show({ connector, stopped });
    const changes = entries.map((entry) => entry.changes);
    const fingerprint = sinkFingerprint(desired, live, positions, changes);
    return { wanted, plugin, observed, stopped, positions, plan: { entries, fingerprint } };
  };

  const deploy: SinkHost['deploy'] = async (desired, agreed, given) => {
    const startedAt = Date.now();
    const wait = { pollMs, ...given };
    const { stream } = desired;
    const { name } = stream.sink;
    await waitUntilSteady(api, name, wait);
    const { wanted, plugin, observed, stopped, positions, plan } = await lookAt(desired);
    const entry = requireAgreed(name, agreed, plan.entries);
    const start = observed === undefined ? startOffsets(desired.from, positions) : [];
    const reached = await groups.whileWatching(name, (members): Promise<ReachedSink> => {
      const log = async () => {
        const now = await api.find(name).catch(() => undefined);
        return now === undefined ? { traces: [] } : failures(now);
      };
      const evidence = { stream, members, log };
      const deployment: MskDeployment = { api, connect, groups, desired: wanted, plugin, evidence, wait };
      if (observed === undefined) return createSink(deployment, start);
      if (entry.action === 'replace') return replaceSink(deployment, observed);
      if (entry.action === 'unchanged') return keepSink(deployment, observed.connector);
      return updateSink(deployment, observed);
    });
    if (stopped !== undefined && stopped !== 'unknown') await stopping.forget(name);
    recent.forget();
    return deployResult(stream, entry, reached, startedAt);
  };

  const operate = async (
    type: PlainOperation,
    name: string,
    ask: (service: MskApi, connector: MskConnector) => Promise<string>,
    given: Wait,
  ) => {
    const wait = { pollMs, ...given };
    const connector = await waitUntilSteady(api, name, wait);
    if (connector === undefined) throw await stopping.absence(name);
    if (connector.state === 'FAILED') throw failedConnector(connector);
    await runOperation(api, connector, type, (service) => ask(service, connector), wait).finally(() => recent.forget());
  };

  return {
    label: api.label,
    sideBySide: true,
    lookEveryMs: pollMs ?? LOOK_EVERY_MS,
    nextNode: NEXT_NODE,
    defaultTimeoutMs: TIMEOUT_MS,
    list: () => api.list(),
    async observe(name) {
      return show(await recent.get(name));
    },
    plan: async (desired) => (await lookAt(desired)).plan,
    deploy,
    pause: (name, wait) => operate('PAUSE_CONNECTOR', name, (service, one) => service.pause(one), wait),
    async resume(name, wait) {
      const isStarted = await stopping.start(name, { pollMs, ...wait }).finally(() => recent.forget());
      if (!isStarted) await operate('RESUME_CONNECTOR', name, (service, one) => service.resume(one), wait);
    },
    restart: (name, { onlyFailed }, wait) =>
      operate('RESTART_CONNECTOR', name, (service, one) => service.restart(one, { onlyFailed }), wait),
    stop: (name, wait) => stopping.stop(name, { pollMs, ...wait }).finally(() => recent.forget()),
    stopEffect: STOP_EFFECT,
    offsets: stopping.offsets,
    async remove(name, wait) {
      const connector = await waitUntilSteady(api, name, { pollMs, ...wait });
      if (connector !== undefined) await removeConnector(api, connector, { pollMs, ...wait });
      await stopping.forget(name);
      recent.forget();
    },
    async workerFor(desired) {
      const { plugin, brokers } = await lookAround();
      if (plugin.kind !== 'built') {
        const message = '--preflight needs the plugin as a zip, and connect.plugin names one by its ARN';
        throw new ConnectError('USAGE', message);
      }
      const { config, workerConfiguration } = desiredMskSink(desired, connect, brokers);
      return { config, properties: workerConfiguration.properties, plugin: plugin.built.path };
    },
  };
}

/** Errors: USAGE when the plugin is not built yet, NOT_FOUND, what the service throws. */
async function findSurroundings({ api, connect, pluginFile, buildCommand }: MskHostOptions) {
  const [plugin, brokers] = await Promise.all([
    findPlugin(),
    connect.cluster === undefined ? (connect.brokers ?? []) : api.brokers(connect.cluster, connect),
  ]);
  return { plugin, brokers };

  async function findPlugin(): Promise<WantedPlugin> {
    const { plugin } = connect;
    if ('bucket' in plugin) return builtPlugin(pluginFile, buildCommand, plugin);
    const found = await api.pluginName(plugin.arn);
    if (found !== undefined) return { kind: 'existing', name: found, revision: plugin };
    throw new ConnectError('NOT_FOUND', `${plugin.arn} is not on ${api.label}`, {
      hint: 'check connect.plugin of the environment',
    });
  }
}
