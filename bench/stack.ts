import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../core/package-root.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { migratorConnection } from '../pipeline/connections.ts';
import { loadProject, projectFile, selectEnvironment, selectStreams } from '../pipeline/load.ts';
import { valueSubject } from '../pipeline/names.ts';
import { resolveSecret } from '../pipeline/secrets.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema } from '../schemas/avro-schema.ts';
import { registerSchema } from '../schemas/register.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { down, up } from '../stack/embedded-stack.ts';
import { existingStateFolder } from '../stack/folders.ts';
import { superuserConnection } from '../stack/parts/postgres.ts';
import { freePort } from '../stack/ports.ts';
import { readSecrets } from '../stack/secrets-file.ts';
import { stopPart } from '../stack/stop-parts.ts';
import type { PartStatus, StackEvent } from '../stack/types.ts';

/** A stack of the benchmark's own: folder, ports, data. Nothing of it is left when it is over. */
export interface BenchStack {
  readonly project: Project;
  readonly environment: Environment;
  readonly stream: StreamDefinition;
  readonly schema: AvroSchema;
  /** The id of the schema in the registry. */
  readonly schemaId: number;
  readonly secrets: (reference: string) => string;
  /** Of the pipeline's role, to the stack's own database; others hang on `databases`. */
  readonly database: PostgresConnection;
  readonly superuser: PostgresConnection;
  readonly kafka: { readonly brokers: readonly string[] };
  /** What runs now, with its process numbers. */
  readonly parts: readonly PartStatus[];
  /** From nothing on disk to a stack that works, in milliseconds; a second start finds its data. */
  readonly coldStartMs: number;
  /** Ends PostgreSQL once everything is written and starts it again: what comes next does not meet memory that is warm from before. */
  restartPostgres(): Promise<void>;
  /** Puts the schema under another stream's subject too. */
  register(stream: StreamDefinition): Promise<number>;
  close(): Promise<void>;
}

/**
 * Downloads what is missing first, so that the cold start measures the start. Unless it `isLarge`, PostgreSQL has the memory that it has by default.
 */
export async function startBenchStack(
  env: NodeJS.ProcessEnv,
  note: (line: string) => void,
  { isLarge }: { readonly isLarge: boolean },
): Promise<BenchStack> {
  const root = mkdtempSync(join(tmpdir(), 'perps-connect-bench-'));
  // PostgreSQL runs as another user when the benchmark runs as root.
  chmodSync(root, 0o755);
  for (const folder of ['connectors', 'schemas', 'migrations']) {
    cpSync(join(packageRoot(), folder), join(root, folder), {
      recursive: true,
      filter: (path) => !/\.(ts|js|map)$/.test(path),
    });
  }
  const [kafka, registry, postgres, connect, feed] = (await Promise.all([1, 2, 3, 4, 5].map(() => freePort()))) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const ports = { kafka, registry, postgres, connect, feed };
  const entries = Object.entries(ports).map(([name, port]) => `${name}: ${port}`);
  writeFileSync(
    join(root, 'connect.yaml'),
    `default: local\nenvironments:\n  local:\n    stack: { kind: embedded, ports: { ${entries.join(', ')} } }\n`,
  );
  const remove = async () => {
    await down({ root });
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const started = Date.now();
    let downloaded = 0;
    const options = {
      root,
      ports,
      env,
      onEvent: (event: StackEvent) => {
        if (event.kind === 'download') downloaded = Date.now();
      },
    };
    await up(options);
    const coldStartMs = Date.now() - Math.max(started, downloaded);
    note(`stack ready in ${(coldStartMs / 1000).toFixed(1)} s`);
    const folder = existingStateFolder(root);
    const superuser = superuserConnection(postgres, folder === undefined ? '' : (readSecrets(folder)?.superuser ?? ''));
    if (isLarge) await tuneServer(superuser);
    const restart = async () => {
      if (folder !== undefined) await stopPart(folder, 'postgres');
      return up(options);
    };
    let parts = await restart();
    const project = loadProject(root, {});
    const environment = selectEnvironment(project);
    const secrets = (reference: string) => resolveSecret(reference, { root, env: {} });
    const [stream] = selectStreams(project, ['positions']) as [StreamDefinition];
    const schema = loadAvroSchema(projectFile(project, stream.schema));
    const registry = createSchemaRegistry({ url: environment.registry.url });
    const register = async (other: StreamDefinition) =>
      (await registerSchema(registry, { subject: valueSubject(other), schemaText: schema.text })).id;
    return {
      project,
      environment,
      stream,
      schema,
      schemaId: await register(stream),
      secrets,
      database: migratorConnection(environment, secrets),
      superuser,
      kafka: { brokers: environment.kafka.brokers },
      get parts() {
        return parts;
      },
      coldStartMs,
      register,
      async restartPostgres() {
        await withPostgres(superuser, (client) => client.query('CHECKPOINT'));
        parts = await restart();
      },
      close: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * From its next start on PostgreSQL notes when each transaction was committed, for the latency, and has a quarter of the memory
 * as `shared_buffers`, as its manual advises for a server of its own; what it does not use it does not take. It has the
 * `max_wal_size` that docs/scale.md advises for a server with memory.
 */
async function tuneServer(superuser: PostgresConnection): Promise<void> {
  const megabytes = Math.floor(
    Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 4 / 2 ** 20,
  );
  await withPostgres(superuser, async (client) => {
    await client.query('ALTER SYSTEM SET track_commit_timestamp = on');
    await client.query(`ALTER SYSTEM SET shared_buffers = '${megabytes}MB'`);
    await client.query("ALTER SYSTEM SET max_wal_size = '16GB'");
  });
}
