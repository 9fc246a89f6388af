import { CLEAN_INSTALL, type PackageManager } from './package-manager.ts';
import type { Template } from './templates.ts';

/** `connect.yaml`: the local environment, and further ones. */
export const connectYaml = (
  project: string,
  schema: string,
  environments = '',
): string => `# yaml-language-server: $schema=${schema}
# Where the pipeline runs. \`-e NAME\` chooses an environment; without it, it is \`default\`.
default: local
# Deployed sinks carry this name; \`deploy --prune\` deletes only those that do.
project: ${project}
environments:
  # Everything on this machine, started by \`up\`. A port can also be set for one run, e.g. CONNECT_PORT_KAFKA=29392.
  local:
    stack:
      kind: embedded
      ports:
        kafka: 19392
        registry: 19381
        postgres: 19332
        connect: 19383
        feed: 19350
${environments}`;

/** An environment on Amazon MSK, to put one's own names into. \`docs/msk.md\` explains it. */
export const MSK_ENVIRONMENT = `  production:
    kafka:
      cluster: arn:aws:kafka:eu-central-1:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2
      sasl: { mechanism: aws-iam }
      replicationFactor: 3
    registry:
      url: https://registry.perps.internal/apis/ccompat/v7
      auth: { type: basic, username: perps, password: '\${env:PERPS_REGISTRY_PASSWORD}' }
    database:
      host: db.perps.internal
      name: perps
      user: perps_worker
      password: '\${env:PERPS_WORKER_PASSWORD}'
      migrator: { user: perps, password: '\${env:PERPS_DATABASE_PASSWORD}' }
      reader: { user: perps_viewer, password: '\${env:PERPS_VIEWER_PASSWORD}' }
      tls: verify
    connect:
      target: msk
      region: eu-central-1
      cluster: arn:aws:kafka:eu-central-1:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2
      role: arn:aws:iam::123456789012:role/perps-connect
      subnets: [subnet-0a1b2c3d4e5f6a7b8, subnet-1a1b2c3d4e5f6a7b8]
      securityGroups: [sg-0a1b2c3d4e5f6a7b8]
      capacity: { provisioned: { mcuCount: 1, workerCount: 2 } }
      plugin: { bucket: perps-connect-plugins }
      logs: { cloudWatch: { logGroup: /perps/connect } }
    worker:
      databasePassword: '\${secretsmanager:perps/db:password}'
      registryAuth: { type: basic, username: perps-worker, password: '\${secretsmanager:perps/registry:password}' }
    feed: { address: 'feed.perps.internal:443', tls: true, token: '\${env:PERPS_FEED_TOKEN}' }
`;

/** What git leaves alone. */
export const IGNORED = ['node_modules/', '.connect/', '.env'];

/** The variables that references of `connect.yaml` lead to. */
export const envExample = (
  line: string,
): string => `# Copy to .env, which is not in git. connect.yaml reads a value of it by a reference: \${file:.env:NAME}.
# The environment \`local\` needs none.
${line}
`;

const MSK_VARIABLES = [...MSK_ENVIRONMENT.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name);

/** In what the projects of the templates differ. */
export const PARTS: Readonly<
  Record<Template, { environments: string; onMsk: boolean; hasExample: boolean; variable: string }>
> = {
  positions: { environments: '', onMsk: false, hasExample: true, variable: '# PERPS_DATABASE_PASSWORD=' },
  blank: { environments: '', onMsk: false, hasExample: false, variable: '# PERPS_DATABASE_PASSWORD=' },
  msk: {
    environments: MSK_ENVIRONMENT,
    onMsk: true,
    hasExample: false,
    variable: `# The environment \`production\` reads these as variables.\n${MSK_VARIABLES.map((name) => `${name}=`).join('\n')}`,
  },
};

/** Checks each pull request. The actions stand by their commits, as \`scripts/pins.mjs\` renews them. */
export const workflow = (
  manager: PackageManager,
): string => `# Annotates the lines of a pull request that would break a running sink or a consumer.
name: contract
on:
  pull_request:
permissions:
  contents: read
jobs:
  contract:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@11d5960a326750d5838078e36cf38b85af677262 # v4.4.0
        with:
          persist-credentials: false
          # The check compares with the commit that this branch left the other at.
          fetch-depth: 0
      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with:
          node-version: "22"
      - run: ${CLEAN_INSTALL[manager]}
      - run: npx perps-connect check --against "origin/$BASE" --format github-actions
        env:
          BASE: \${{ github.base_ref }}
`;

/** Editors complete and flag YAML by the package's JSON Schemas. */
export const EDITOR_SETTINGS = {
  '.vscode/settings.json': {
    'yaml.schemas': {
      './node_modules/perps-connect/pipeline/environment.schema.json': '/connect.yaml',
      './node_modules/perps-connect/pipeline/definition.schema.json': '/connectors/*.yaml',
    },
  },
  '.vscode/extensions.json': { recommendations: ['redhat.vscode-yaml', 'zxh404.vscode-proto3'] },
};

/** One page for whoever meets the project. */
export const projectReadme = (
  project: string,
  streams: readonly string[],
  manager: PackageManager,
): string => `# ${project}

Updates from a gRPC feed, by way of Kafka, in PostgreSQL, with [perps-connect](https://www.npmjs.com/package/perps-connect).
Streams: ${streams.map((name) => `\`${name}\``).join(', ')}.

You need Node ≥ 20.12 and Java ≥ 17.

\`\`\`sh
${manager} install
${manager} start
\`\`\`

\`start\` runs everything on this machine with made-up updates, compares every row, and shows what is in the tables. The first run downloads
about 350 MB.

| file | what it says |
|---|---|
| \`connect.yaml\` | the environments: where Kafka, the registry, Kafka Connect and PostgreSQL are |
| \`connectors/*.yaml\` | the streams: feed, topic, table, sink |
| \`schemas/\` | what a feed sends (\`.proto\`) and what a record holds (\`.avsc\`) |
| \`migrations/\` | the tables. A migration that has landed is never edited |

| you want to | run |
|---|---|
| check that feed, schema, sink and table agree | \`npx perps-connect check\` |
| add a stream for a table of your own | \`npx perps-connect init stream trades\` |
| start and stop the local stack | \`npx perps-connect up\`, \`npx perps-connect down\` |
| see what a deploy would change; deploy | \`npx perps-connect plan\`, \`npx perps-connect deploy\` |
| see sinks, lag and rows | \`npx perps-connect status\` |
| prove that topic and table agree | \`npx perps-connect verify\` |
| find out which part is broken | \`npx perps-connect doctor\` |
| bring the project up to a newer version of the package | \`npx perps-connect upgrade --diff\`, \`npx perps-connect upgrade\` |

\`npx perps-connect --help\` lists the rest. The workflow \`contract\` checks each pull request.
`;
