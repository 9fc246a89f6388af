import { join } from 'node:path';
import type { SinkHost } from '../connectors/host.ts';
import { httpConnection, knownSecrets } from '../pipeline/connections.ts';
import type { MskConnect } from '../pipeline/msk-connect.ts';
import type { RestConnect } from '../pipeline/types.ts';
import type { Session } from './session.ts';

/** The host that an environment names. The one place that tells the kinds of hosts apart; what it answers holds no secret of the environment. */
export async function chooseHost(session: Session): Promise<SinkHost> {
  const { connect } = session.environment;
  return connect.target === 'msk' ? mskHost(session, connect) : restHost(session, connect);
}

async function restHost({ environment, secrets, groups }: Session, connect: RestConnect): Promise<SinkHost> {
  const [{ createRestApi }, { createRestHost }] = await Promise.all([
    import('../connectors/rest/api.ts'),
    import('../connectors/rest/host.ts'),
  ]);
  const hidden = knownSecrets(environment, secrets);
  return createRestHost(createRestApi({ ...httpConnection(connect, secrets), secrets: hidden }), groups);
}

async function mskHost(session: Session, connect: MskConnect): Promise<SinkHost> {
  const { environment, groups, scrub, project } = session;
  const [{ createMskHost }, { createMskApi }, { readTaskTraces }] = await Promise.all([
    import('../connectors/msk/host.ts'),
    import('../connectors/msk/sdk/connect-api.ts'),
    import('../connectors/msk/sdk/worker-log.ts'),
  ]);
  return createMskHost({
    api: createMskApi({ ...connect, secrets: knownSecrets(environment, session.secrets) }),
    connect,
    pluginFile: pluginFile(project.root, environment.name),
    buildCommand: `connect plugin build -e ${environment.name}`,
    groups,
    traces: (connector) => readTaskTraces(connect, connector, scrub),
    scrub,
  });
}

/** Where `connect plugin build` writes the plugin of an environment. */
export const pluginFile = (root: string, environment: string): string =>
  join(root, '.connect', `plugin-${environment}.zip`);
