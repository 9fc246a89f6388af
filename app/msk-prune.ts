import { existsSync } from 'node:fs';
import { desiredMskSink } from '../connectors/msk/desired.ts';
import {
  type Leftover,
  type OwnParts,
  PART_QUOTA,
  type PartKind,
  type PartUse,
  planLeftovers,
} from '../connectors/msk/leftovers.ts';
import { builtPlugin } from '../connectors/msk/resources.ts';
import type { MskApi } from '../connectors/msk/sdk/connect-api.ts';
import { ConnectError } from '../core/errors.ts';
import { mskApi, pluginFile, requireMsk } from './choose-host.ts';
import type { Session } from './session.ts';

export interface PruneOptions {
  /** How many unused ones of each kind and sink stay, the newest. */
  readonly keep: number;
  readonly dryRun: boolean;
  /** Shown what would go. Resolves when it is agreed to. */
  readonly agree: (report: PruneReport) => Promise<void>;
  readonly onRemoved: (removed: RemovedPart) => void;
}

/** One that is gone. */
export interface RemovedPart {
  readonly kind: PartKind;
  readonly name: string;
  /** Where its ZIP is, or was; null for a worker configuration. */
  readonly object: string | null;
  /** Why the ZIP is still there; null when it went as well. */
  readonly objectKept: string | null;
}

export interface PruneReport {
  /** The project's plugins and worker configurations, the newest first. */
  readonly parts: readonly (Pick<Leftover, 'kind' | 'name' | 'createdAt' | 'action' | 'reason'> & {
    readonly object: string | null;
  })[];
  /** Of the whole account in this region. */
  readonly quotas: readonly {
    readonly kind: PartKind;
    readonly used: number;
    readonly after: number;
    readonly limit: number;
  }[];
}

/**
 * Removes plugins and worker configurations of the project that no connector uses, and the plugins' ZIPs from its bucket. What is to
 * go is looked at again once it was agreed to. Errors: USAGE for an environment that is not on MSK Connect; REFUSED while a sink of the
 * project is being changed, because nobody knows what it will use; those of the service and of `agree`.
 */
export async function pruneMsk(session: Session, { keep, dryRun, agree, onRemoved }: PruneOptions) {
  const api = await mskApi(session);
  const own = await ownParts(session);
  const first = await look(session, api, own, keep);
  const wanted = first.leftovers.filter(({ action }) => action === 'delete');
  const removed: RemovedPart[] = [];
  if (dryRun || wanted.length === 0) return { ...first.report, removed };
  await agree(first.report);
  const now = await look(session, api, own, keep);
  const agreed = new Set(wanted.map(({ arn }) => arn));
  for (const part of now.leftovers.filter(({ arn, action }) => action === 'delete' && agreed.has(arn))) {
    session.signal.throwIfAborted();
    const gone = await remove(api, part);
    onRemoved(gone);
    removed.push(gone);
  }
  return { ...now.report, removed };
}

/** What the project may have made, and what its files want now. */
async function ownParts(session: Session): Promise<OwnParts> {
  const { project } = session;
  const { connect, name } = requireMsk(session.environment);
  const wanted = project.streams.map(
    (stream) => desiredMskSink(session.desiredSink(stream), connect, []).workerConfiguration.name,
  );
  const bucket = 'bucket' in connect.plugin ? connect.plugin : undefined;
  const zip = pluginFile(project.root, name);
  if (bucket !== undefined && existsSync(zip)) wanted.push((await builtPlugin(zip, '', bucket)).name);
  return { sinks: project.streams.map(({ sink }) => sink.name), bucket, wanted: new Set(wanted) };
}

/** What stopped sinks are created from again. Errors: UNREACHABLE where Kafka cannot say whether a sink that is not there is stopped. */
async function stoppedUses({ project, stopped }: Session, live: readonly PartUse[]): Promise<PartUse[]> {
  const absent = project.streams.filter(({ sink }) => !live.some(({ connector }) => connector === sink.name));
  const found = absent.map(async ({ sink: { name } }): Promise<PartUse[]> => {
    const sink = await stopped.read(name);
    if (sink === undefined || sink === 'unknown') return [];
    const { plugin, workerConfiguration } = sink;
    return [{ connector: name, state: 'PAUSED', plugin: plugin.arn, workerConfiguration: workerConfiguration?.arn }];
  });
  return (await Promise.all(found)).flat();
}

async function look(session: Session, api: MskApi, own: OwnParts, keep: number) {
  const [parts, live] = await Promise.all([api.parts(), api.uses()]);
  const uses = [...live, ...(await stoppedUses(session, live))];
  const busy = uses.find(
    ({ connector, state }) => own.sinks.includes(connector) && /ING$/.test(state) && state !== 'RUNNING',
  );
  if (busy !== undefined) {
    throw new ConnectError(
      'REFUSED',
      `${busy.connector} is ${busy.state}, and what it will use is not known; nothing was deleted`,
      {
        details: { connector: busy.connector, state: busy.state },
        hint: 'try again when the operation has ended',
      },
    );
  }
  const leftovers = planLeftovers(parts, uses, own, keep);
  const number = (kind: PartKind) => parts.filter((part) => part.kind === kind).length;
  const going = (kind: PartKind) => leftovers.filter((part) => part.kind === kind && part.action === 'delete').length;
  const report: PruneReport = {
    parts: leftovers.map(({ kind, name, createdAt, action, reason, object }) => ({
      kind,
      name,
      createdAt,
      action,
      reason,
      object: placeOf(object),
    })),
    quotas: (['plugin', 'worker configuration'] as const).map((kind) => ({
      kind,
      used: number(kind),
      after: number(kind) - going(kind),
      limit: PART_QUOTA,
    })),
  };
  return { leftovers, report };
}

async function remove(api: MskApi, { kind, arn, name, object }: Leftover): Promise<RemovedPart> {
  if (kind === 'worker configuration') {
    await api.removeWorkerConfiguration({ arn, name });
    return { kind, name, object: null, objectKept: null };
  }
  await api.removePlugin({ arn, name });
  const rest = { kind, name, object: placeOf(object) };
  if (object === undefined) return { ...rest, objectKept: null };
  try {
    await api.removeObject(object);
    return { ...rest, objectKept: null };
  } catch (error) {
    // The plugin has its own copy and is gone; a ZIP that stays takes no quota.
    return { ...rest, objectKept: ConnectError.from(error).message };
  }
}

const placeOf = (object: Leftover['object']): string | null =>
  object === undefined ? null : `s3://${object.bucket}/${object.key}`;
