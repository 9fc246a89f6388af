/** The pipeline's database, and the login that owns it: it migrates. */
export const PIPELINE_DATABASE = 'perps';

/** The other logins, and the group role of the migrations that each is a member of. */
export const PIPELINE_LOGINS = {
  worker: { name: 'perps_worker', group: 'perps_sink', password: 'PERPS_WORKER_PASSWORD' },
  viewer: { name: 'perps_viewer', group: 'perps_reader', password: 'PERPS_VIEWER_PASSWORD' },
} as const;

/** Makes the group roles and these logins, still without passwords. It can be repeated. */
export function roleStatements(): string[] {
  const logins = Object.values(PIPELINE_LOGINS);
  const made = ['perps_owner', ...logins.flatMap(({ group, name }) => [group, name])];
  return [
    ...made.map((name) => `DO $$ BEGIN CREATE ROLE ${name}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;`),
    ...logins.map(({ name, group }) => `GRANT ${group} TO ${name};`),
  ];
}

/** Arguments of `initdb`: no locale of the host decides how text sorts. */
export const INITDB_ARGUMENTS = ['--encoding=UTF8', '--locale=C'] as const;

/** Server settings that hold wherever PostgreSQL runs; `name=value` each. */
export const SERVER_SETTINGS = [
  'max_connections=100',
  'log_timezone=UTC',
  'log_line_prefix=%m [%p] %q%u@%d ',
  'log_checkpoints=off',
  // A forgotten transaction would hold up the sinks for ever.
  'idle_in_transaction_session_timeout=10min',
] as const;
