import { join, resolve } from 'node:path';
import { projectFile } from '../pipeline/load.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import type { SimulatedStream } from '../producer/simulator/simulated-feed.ts';
import type { CliContext } from './context.ts';

/** Streams as the simulator takes them. `oracleFolder` receives one `<stream>.ndjson` each. */
export function simulatedStreams(
  context: CliContext,
  project: Project,
  streams: readonly StreamDefinition[],
  oracleFolder: string | undefined,
): readonly SimulatedStream[] {
  return streams.map(({ name, feed, schema, table }) => ({
    name,
    protoPath: projectFile(project, feed.proto),
    service: feed.service,
    schemaPath: projectFile(project, schema),
    key: table.key,
    ...(oracleFolder === undefined ? {} : { oraclePath: join(resolve(context.cwd, oracleFolder), `${name}.ndjson`) }),
  }));
}
