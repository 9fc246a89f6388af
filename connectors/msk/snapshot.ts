import { ConnectError } from '../../core/errors.ts';
import type { Scrub } from '../../core/scrub.ts';
import { isMasked, withoutSecrets } from '../plan/compare-configs.ts';
import type { SinkConfig } from '../sink-config.ts';
import type { SinkGroups } from '../sink-group.ts';
import type { MskConnector, NewConnector } from './api.ts';
import { observeMskSink } from './observe.ts';
import type { MskApi } from './sdk/connect-api.ts';

/** What a connector was that was deleted to stop it: enough to create it again as it was. It holds no secret and no mask. */
export interface StoppedSink extends NewConnector {
  /** ISO, UTC. */
  readonly at: string;
}

/** A sink that is not there: what it was where it is stopped. `unknown`: Kafka does not say whether it is. */
export type MaybeStopped = StoppedSink | 'unknown' | undefined;

/** Everything that a connector is. Errors: REFUSED, with the settings, for one that cannot be created again as it is. */
export async function snapshotOf(api: MskApi, connector: MskConnector, scrub: Scrub): Promise<StoppedSink> {
  const { name, config, capacity, plugin, workerConfiguration, fixed } = connector;
  const seen = await observeMskSink(api, connector);
  if (plugin === undefined || seen.pluginName === undefined) throw notAgain(name, 'its plugin is gone');
  if (workerConfiguration !== undefined && seen.workerConfiguration === undefined)
    throw notAgain(name, 'its worker configuration is gone');
  requireNoSecret(name, config, scrub);
  // Nobody but AWS may set its own tags.
  const tags = Object.fromEntries(Object.entries(seen.tags).filter(([key]) => !key.startsWith('aws:')));
  return { name, config, capacity, plugin, workerConfiguration, fixed, tags, at: new Date().toISOString() };
}

/** A connector is deleted only where the end of its tasks shows, and where it can be remembered. Errors: UNREACHABLE, REFUSED. */
export async function requireGroup(groups: SinkGroups, name: string): Promise<void> {
  const members = await groups.members(name).catch((error: unknown) => {
    const { code, message, details, hint } = ConnectError.from(error);
    throw new ConnectError(code, `${name} cannot be stopped: ${message}; nothing was changed`, {
      cause: error,
      details: { ...details, connector: name },
      hint: hint ?? 'run it on a machine that reaches the brokers',
    });
  });
  if (members !== undefined) return;
  const message = `${name} cannot be stopped: Kafka does not tell the members of its group; nothing was changed`;
  throw new ConnectError('REFUSED', message, {
    details: { connector: name },
    hint: `it needs brokers that answer, and the right to describe the group connect-${name}`,
  });
}

/** The snapshot is kept in Kafka: no secret may stand in it, and a mask must never be written over one. */
function requireNoSecret(name: string, config: SinkConfig, scrub: Scrub): void {
  const shown = withoutSecrets(config);
  const masked = Object.keys(config).filter((key) => isMasked(config[key] ?? ''));
  if (masked.length > 0) throw notAgain(name, `the service shows ${masked.join(', ')} as a mask only`, masked);
  const secret = Object.entries(config).flatMap(([key, value]) =>
    shown[key] === value && scrub(value) === value ? [] : [key],
  );
  if (secret.length > 0)
    throw notAgain(name, `${secret.join(', ')} may hold a secret in clear text, which is kept nowhere`, secret);
}

const notAgain = (name: string, why: string, keys: readonly string[] = []): ConnectError =>
  new ConnectError(
    'REFUSED',
    `${name} cannot be stopped: ${why}, so it could not be created again as it is; nothing was changed`,
    {
      details: { connector: name, keys },
      hint: '`connect deploy` puts back what the definition says; `connect delete`, then `connect deploy`, creates it from that',
    },
  );
