import { connectTarget } from '../app/connect-target.ts';
import { kafkaConnection } from '../connectors/kafka-connection.ts';
import type { StatusSources } from '../operate/status.ts';
import { databaseConnection, type Secrets } from '../pipeline/connections.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';

/** Whom to ask about a stream in an environment. */
export const statusSources = (environment: Environment, secrets: Secrets, stream: StreamDefinition): StatusSources => ({
  stream,
  target: connectTarget(environment, secrets),
  kafka: kafkaConnection(environment, secrets),
  database: databaseConnection(environment, secrets),
});
