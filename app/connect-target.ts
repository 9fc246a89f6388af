import type { MskWait } from '../connectors/msk/follow.ts';
import { createRestTarget } from '../connectors/rest/api.ts';
import type { ConnectTarget } from '../connectors/targets/target.ts';
import { knownSecrets, type Secrets, workerConnection } from '../pipeline/connections.ts';
import type { Environment } from '../pipeline/types.ts';
import { isOnMsk, mskTarget } from './msk-target.ts';

/** The Connect cluster of an environment; its answers repeat none of the environment's secrets. */
export const connectTarget = (environment: Environment, secrets: Secrets, wait?: Partial<MskWait>): ConnectTarget =>
  isOnMsk(environment)
    ? mskTarget(environment, secrets, wait)
    : createRestTarget({ ...workerConnection(environment, secrets), secrets: knownSecrets(environment, secrets) });
