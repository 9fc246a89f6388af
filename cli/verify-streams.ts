import { join, resolve } from 'node:path';
import { kafkaConnection } from '../connectors/kafka-connection.ts';
import { waitUntilCaughtUp } from '../operate/catch-up.ts';
import { verifyStream } from '../operate/verify.ts';
import type { VerifyReport } from '../operate/verify-report.ts';
import { databaseConnection, registryConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { createRecordDecoder } from '../schemas/record-decoder.ts';
import type { CliContext } from './context.ts';
import { statusSources } from './status-sources.ts';

export interface VerifySettings {
  /** Holds `<stream>.ndjson` for each stream. */
  readonly oracleFolder?: string;
  /** Wait this long for the sinks to catch up first. */
  readonly waitMs?: number;
}

/** Verifies streams one after the other. */
export async function verifyStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  streams: readonly StreamDefinition[],
  { oracleFolder, waitMs }: VerifySettings = {},
): Promise<VerifyReport[]> {
  const secrets = context.secrets(project);
  const decoder = createRecordDecoder(registryConnection(environment, secrets));
  const reports: VerifyReport[] = [];
  for (const stream of streams) {
    if (waitMs !== undefined) {
      const sources = statusSources(environment, secrets, stream);
      await waitUntilCaughtUp(sources, { timeoutMs: waitMs, signal: context.signal });
    }
    reports.push(
      await verifyStream({
        stream,
        schema: loadAvroSchema(projectFile(project, stream.schema)),
        kafka: kafkaConnection(environment, secrets),
        database: databaseConnection(environment, secrets),
        decoder,
        signal: context.signal,
        ...(oracleFolder === undefined
          ? {}
          : { oraclePath: join(resolve(context.cwd, oracleFolder), `${stream.name}.ndjson`) }),
      }),
    );
  }
  return reports;
}
