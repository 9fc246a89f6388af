import { propertiesText } from '../../core/properties.ts';
import { readArtifactLock } from '../artifacts.ts';
import { BROKER_HEAP_MB, brokerSettings, type Settings } from '../settings/broker.ts';
import {
  INITDB_ARGUMENTS,
  PIPELINE_DATABASE,
  PIPELINE_LOGINS,
  roleStatements,
  SERVER_SETTINGS,
} from '../settings/postgres.ts';
import { REGISTRY_DATABASE, REGISTRY_HEAP_MB, REGISTRY_JVM_FLAGS, registryStorage } from '../settings/registry.ts';
import { WORKER_HEAP_MB, WORKER_JVM_FLAGS, workerSettings } from '../settings/worker.ts';
import { IMAGE_FOLDER, JMX_PORT, PLACES } from './places.ts';
import { PLUGIN_FOLDER, pluginList } from './plugin-list.ts';

const WRITTEN = '# Written from stack/settings by scripts/docker-files.mjs; a test compares them.\n';

/** Passwords are in the heap. */
const JVM_OPTIONS =
  '-Duser.timezone=UTC -XX:+ExitOnOutOfMemoryError -XX:-HeapDumpOnOutOfMemoryError -XX:-CreateCoredumpOnCrash';
/** JMX without a login lets whoever reaches it run code. */
const JMX_INSIDE = '-Dcom.sun.management.jmxremote.host=127.0.0.1';

/**
 * The files below `docker/` that repeat what the embedded stack is made of, by their path in this package. They are
 * committed, so that `docker compose` needs no build of this package first.
 */
export function dockerFiles(): Readonly<Record<string, string>> {
  return {
    'docker/kafka/broker.env': WRITTEN + brokerEnvironment(),
    'docker/registry/registry.env': WRITTEN + registryEnvironment(),
    'docker/postgres/postgres.env': WRITTEN + environmentText({ POSTGRES_INITDB_ARGS: INITDB_ARGUMENTS.join(' ') }),
    'docker/postgres/databases.sql': databases(),
    'docker/postgres/logins.sql': logins(),
    'docker/connect/worker.env': WRITTEN + workerEnvironment(),
    'docker/connect/worker.properties': WRITTEN + workerProperties(),
    'docker/connect/plugins.txt': pluginList(readArtifactLock()),
  };
}

/** What PostgreSQL is started with. */
export function postgresCommand(): string[] {
  return ['postgres', ...SERVER_SETTINGS.flatMap((setting) => ['-c', setting])];
}

/** The image turns KAFKA_A_B into `a.b`. */
function brokerEnvironment(): string {
  const { kafka } = PLACES;
  const controller = '127.0.0.1:9093';
  const settings = brokerSettings({
    clients: {
      PLAINTEXT: { listen: `:${kafka.port}`, advertised: `kafka:${kafka.port}` },
      HOST: { listen: `:${kafka.host}`, advertised: `127.0.0.1:${kafka.host}` },
    },
    controller: { listen: controller, voter: controller },
    dataFolder: '/var/lib/kafka/data',
  });
  return environmentText({
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [variable(key), value])),
    KAFKA_HEAP_OPTS: `-Xms128m -Xmx${BROKER_HEAP_MB}m`,
    KAFKA_OPTS: `${JVM_OPTIONS} ${JMX_INSIDE}`,
    // The image hands these to the broker alone; KAFKA_JMX_OPTS would make every tool run in the container want the port.
    KAFKA_JMX_PORT: JMX_PORT,
    KAFKA_JMX_HOSTNAME: '127.0.0.1',
  });
}

function variable(key: string): string {
  if (/[_-]/.test(key)) throw new Error(`${key} has no such variable`);
  return `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`;
}

function registryEnvironment(): string {
  const { registry, postgres } = PLACES;
  return environmentText({
    ...registryStorage(`postgres:${postgres.port}`),
    QUARKUS_HTTP_PORT: registry.port,
    QUARKUS_HTTP_ACCESS_LOG_ENABLED: false,
    JAVA_TOOL_OPTIONS: [`-Xmx${REGISTRY_HEAP_MB}m`, ...REGISTRY_JVM_FLAGS, '-Duser.timezone=UTC'].join(' '),
  });
}

function workerEnvironment(): string {
  return environmentText({
    KAFKA_HEAP_OPTS: `-Xmx${WORKER_HEAP_MB}m`,
    // In place of the image's own choice of a collector: with two of them the JVM does not start.
    KAFKA_JVM_PERFORMANCE_OPTS: ['-server', ...WORKER_JVM_FLAGS, '-Djava.awt.headless=true'].join(' '),
    KAFKA_OPTS: JVM_OPTIONS,
    // JMX for the exporter of the profile `observability`, which is in this container's network. These arguments reach the worker alone; KAFKA_JMX_OPTS would make every tool run in the container want the port.
    EXTRA_ARGS: [
      '-name connectDistributed',
      '-Dcom.sun.management.jmxremote.authenticate=false',
      '-Dcom.sun.management.jmxremote.ssl=false',
      JMX_INSIDE,
      `-Dcom.sun.management.jmxremote.port=${JMX_PORT}`,
      `-Dcom.sun.management.jmxremote.rmi.port=${JMX_PORT}`,
      '-Djava.rmi.server.hostname=127.0.0.1',
    ].join(' '),
  });
}

function workerProperties(): string {
  const { kafka, connect } = PLACES;
  return propertiesText(
    workerSettings({
      bootstrapServers: `kafka:${kafka.port}`,
      listener: `http://0.0.0.0:${connect.port}`,
      advertisedHost: 'connect',
      advertisedPort: connect.port,
      pluginFolders: [`${IMAGE_FOLDER}/${PLUGIN_FOLDER}`],
    }),
  );
}

/** A statement that fails is logged, with the password in it. */
const UNLOGGED = "SET log_min_error_statement = 'panic';";

/** Run by the image once, on an empty data folder. */
function databases(): string {
  const passwords = { [PIPELINE_DATABASE]: 'PERPS_DATABASE_PASSWORD', [REGISTRY_DATABASE]: 'PERPS_REGISTRY_PASSWORD' };
  const statements = Object.entries(passwords).map(([name, password]) =>
    [
      `\\getenv password ${password}`,
      `CREATE ROLE ${name} LOGIN PASSWORD :'password';`,
      `CREATE DATABASE ${name} OWNER ${name};`,
    ].join('\n'),
  );
  return `${[WRITTEN.replace('#', '--').trimEnd(), UNLOGGED, ...statements].join('\n')}\n`;
}

/** Run by the image after `databases.sql`; on a volume from before, by hand. */
function logins(): string {
  const passwords = Object.values(PIPELINE_LOGINS).flatMap(({ name, password }) => [
    `\\getenv password ${password}`,
    `ALTER ROLE ${name} LOGIN PASSWORD :'password';`,
  ]);
  return `${[WRITTEN.replace('#', '--').trimEnd(), UNLOGGED, ...roleStatements(), ...passwords].join('\n')}\n`;
}

const environmentText = (entries: Settings): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('');
